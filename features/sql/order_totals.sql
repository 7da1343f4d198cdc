-- One row per order whose total is not the sum of its lines: the extra, and whether tax, freight or a habit explains it.
with compared as (
    select
        order_id,
        customer_id,
        coalesce(channel, '') as lane,
        coalesce(currency, '') as currency,
        total_amount,
        goods_value,
        gross_value,
        line_count,
        order_value,
        total_amount - goods_value as extra,
        total_amount / goods_value as ratio,
        -- Each line may be rounded on its own.
        greatest(0.02, 0.006 * line_count, 0.0002 * abs(total_amount)) as rounding
    from order_facts
    where total_amount is not null and line_count > 0 and goods_value > 0
),
lanes as (
    select lane, currency, count(*) as lane_count, avg((abs(extra) <= rounding)::integer) as exact_share
    from compared
    group by lane, currency
),
ratios as (
    select lane, currency, round(ratio, 3) as ratio
    from compared
    inner join lanes using (lane, currency)
    group by lane, currency, round(ratio, 3), lane_count
    having count(*) >= greatest(5, 0.01 * lane_count) and count(distinct customer_id) >= 3
    qualify row_number() over (partition by lane, currency order by count(*) desc) <= 6
),
extras as (
    select lane, currency, round(extra, 2) as extra
    from compared
    inner join lanes using (lane, currency)
    group by lane, currency, round(extra, 2), lane_count
    having count(*) >= greatest(5, 0.005 * lane_count) and count(distinct customer_id) >= 3
    qualify row_number() over (partition by lane, currency order by count(*) desc) <= 10
),
usual as (
    select lanes.*, coalesce(r.ratios, [1.0]) as ratios, e.extras
    from lanes
    left join (select lane, currency, list(ratio) as ratios from ratios group by lane, currency) as r using (lane, currency)
    left join (select lane, currency, list(extra) as extras from extras group by lane, currency) as e using (lane, currency)
),
own as (
    select
        compared.*,
        count(*) over (partition by customer_id) as customer_count,
        count(*) over (partition by hash(customer_id, round(ratio, 3))) as same_ratio_count,
        count(*) over (partition by hash(customer_id, round(extra, 2))) as same_extra_count
    from compared
),
judged as (
    select
        own.*,
        usual.lane_count,
        usual.exact_share,
        list_min(list_transform(usual.ratios, lambda r: abs(own.total_amount - r * own.goods_value))) <= own.rounding
        + 0.0005 * own.goods_value * (len(usual.ratios) > 1 or usual.ratios[1] <> 1)::integer as is_usual_ratio,
        coalesce(list_min(list_transform(usual.extras, lambda e: abs(own.extra - e))) <= 0.02, false) as is_usual_extra,
        list_min(list_transform(usual.ratios, lambda r: list_min(list_transform(
            list_concat(coalesce(usual.extras, []), [0.0]),
            lambda e: least(abs(own.total_amount - r * own.goods_value - e), abs(own.total_amount - r * (own.goods_value + e)))
        )))) <= own.rounding as is_usual_mix,
        own.same_ratio_count >= 3 and own.same_ratio_count >= 0.2 * own.customer_count
        or own.same_extra_count >= 3 and own.same_extra_count >= 0.2 * own.customer_count as is_own_habit
    from own
    inner join usual using (lane, currency)
),
open_ends as (
    select
        *,
        -- Where tax is always added, a bare sum of the lines is odd, too.
        (abs(extra) > rounding or (exact_share < 0.01 and lane_count >= 100)) and not (is_usual_ratio or is_usual_extra or is_usual_mix or is_own_habit) as is_unexplained
    from judged
),
spreads as (
    select
        lane,
        currency,
        avg(is_unexplained::integer) as unexplained_share,
        avg((extra < -rounding)::integer) as below_share,
        quantile_cont(ln(greatest(ratio, 0.001)), 0.005) as low_log_ratio,
        quantile_cont(ln(greatest(ratio, 0.001)), 0.995) as high_log_ratio
    from open_ends
    group by lane, currency
)
select open_ends.*, spreads.* exclude (lane, currency)
from open_ends
inner join spreads using (lane, currency)
