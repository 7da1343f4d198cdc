-- One row per customer, product and currency on one day: net price over base price, in logs, on up to 12 order days before.
with counted as (
    -- Most days have one line, whose values are the quantiles: those of the others alone are worth sorting for.
    select
        pair_key,
        ordered_on,
        count(*) as line_count,
        any_value(steady_log_ratio) filter (where not is_known_wrong) as log_ratio,
        any_value(log_net) filter (where not is_known_wrong) as log_net,
        any_value(log_base) as log_base
    from price_bases
    where pair_key in (select pair_key from price_bases group by pair_key having min(ordered_on) < max(ordered_on))
    group by pair_key, ordered_on
),
days as (
    select
        pair_key,
        ordered_on,
        case when log_ratio is not null then [log_ratio, log_ratio, log_ratio] end as quantiles,
        log_net,
        log_base
    from counted
    where line_count = 1
    union all
    select
        pair_key,
        ordered_on,
        quantile_cont(steady_log_ratio, [0.25, 0.5, 0.75]) filter (where not is_known_wrong) as quantiles,
        median(log_net) filter (where not is_known_wrong) as log_net,
        median(log_base) as log_base
    from price_bases
    where (pair_key, ordered_on) in (select (pair_key, ordered_on) from counted where line_count > 1)
    group by pair_key, ordered_on
),
usual as (
    select
        pair_key,
        ordered_on,
        count(quantiles[2]) over earlier as day_count,
        quantile_cont(quantiles[1], [0.1, 0.25]) over earlier as low,
        median(quantiles[2]) over earlier as log_ratio,
        quantile_cont(quantiles[3], [0.75, 0.9]) over earlier as high,
        last_value(log_net ignore nulls) over earlier as last_log_net,
        last_value(log_base ignore nulls) over earlier as last_log_base
    from days
    window earlier as (partition by pair_key order by ordered_on rows between 12 preceding and 1 preceding)
)
select
    pair_key,
    ordered_on,
    day_count,
    last_log_net,
    last_log_base,
    log_ratio,
    low[1] as low_log_ratio,
    high[2] as high_log_ratio,
    high[1] - low[2] as width
from usual
where day_count > 0
