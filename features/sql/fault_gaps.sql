-- One row per hole in a dense series of order numbers that is far larger than the holes it usually has.
with numbered as (
    select
        order_id,
        ordered_at,
        regexp_extract(coalesce(order_number, order_id), '^(.*?)([0-9]{1,15})$', 1) as series,
        try_cast(regexp_extract(coalesce(order_number, order_id), '([0-9]{1,15})$', 1) as bigint) as number
    from orders
),
stepped as (
    select
        *,
        lag(order_id) over counted as previous_order_id,
        lag(ordered_at) over counted as previous_at,
        number - lag(number) over counted - 1 as missing_count,
        ordered_at < lag(ordered_at) over counted as is_backward
    from numbered
    where number is not null
    window counted as (partition by series order by number)
),
usual as (
    -- Only a series without many holes, given out in the order of time, can show that numbers are lost.
    select
        series,
        count(*) as series_count,
        avg((missing_count = 0)::integer) as dense_share,
        avg(is_backward::integer) as backward_share,
        quantile_cont(missing_count, 0.999) as usual_missing
    from stepped
    where missing_count is not null
    group by series
)
select
    stepped.series,
    stepped.order_id as next_order_id,
    stepped.previous_order_id,
    stepped.previous_at,
    stepped.ordered_at as next_at,
    stepped.missing_count,
    usual.series_count,
    usual.dense_share
from stepped
inner join usual using (series)
where usual.series_count >= 200
    and usual.dense_share >= 0.95
    and usual.backward_share <= 0.05
    and stepped.missing_count >= greatest(5, 3 * usual.usual_missing)
    and stepped.missing_count <= 0.1 * usual.series_count
    and stepped.ordered_at - stepped.previous_at < interval 7 day
