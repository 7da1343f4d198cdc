-- One row per currency, customer segment and channel on one day: net price over base price, in logs, on up to 30 order days before.
with days as (
    select
        segment_key,
        ordered_on,
        quantile_cont(free_log_ratio, [0.25, 0.5, 0.75]) filter (where not is_known_wrong) as quantiles
    from price_bases
    group by segment_key, ordered_on
),
usual as (
    select
        segment_key,
        ordered_on,
        count(quantiles[2]) over earlier as day_count,
        quantile_cont(quantiles[1], [0.1, 0.25]) over earlier as low,
        median(quantiles[2]) over earlier as log_ratio,
        quantile_cont(quantiles[3], [0.75, 0.9]) over earlier as high
    from days
    window earlier as (partition by segment_key order by ordered_on rows between 30 preceding and 1 preceding)
)
select
    segment_key,
    ordered_on,
    day_count,
    log_ratio,
    low[1] as low_log_ratio,
    high[2] as high_log_ratio,
    high[1] - low[2] as width
from usual
where day_count > 0
