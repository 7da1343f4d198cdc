-- One row: how much was short, of how many lines, and how many orders came whole and on time.
with finished as (
    select
        orders.order_id,
        bool_and(coalesce(lines.shipped_quantity, lines.quantity) >= lines.quantity) as is_whole,
        any_value(
            coalesce(orders.delivered_at, orders.shipped_at)::date <= coalesce(orders.promised_at, orders.requested_at)::date
        ) as is_on_time,
        count(*) as line_count
    from maybe_orders as orders
    inner join maybe_order_lines as lines using (order_id)
    where orders.status in ('shipped', 'delivered', 'invoiced', 'closed')
    group by orders.order_id
),
short as (
    select
        count(*) as short_count,
        sum(stockouts.short_quantity) as short_units,
        sum(stockouts.short_quantity * coalesce(lines.unit_price, 0) * (1 - coalesce(lines.discount, 0))) as short_value,
        count(distinct orders.currency) as currency_count,
        any_value(orders.currency) as currency
    from stockouts
    left join maybe_orders as orders using (order_id)
    left join maybe_order_lines as lines on lines.order_id = stockouts.order_id and lines.line_no = stockouts.line_no
)
select
    short.*,
    (select sum(line_count) from finished) as finished_count,
    (select avg((is_whole and is_on_time)::integer) from finished where is_on_time is not null) as otif
from short
