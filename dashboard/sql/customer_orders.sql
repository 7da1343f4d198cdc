-- One row per recent order of a customer: its value and how long it took.
with lines as (
    select
        order_id,
        sum(quantity * unit_price * (1 - coalesce(discount, 0))) as goods_value,
        count(*) as line_count
    from order_lines
    group by order_id
)
select
    orders.ordered_at,
    orders.order_id,
    coalesce(orders.total_amount, lines.goods_value) as order_value,
    lines.line_count,
    date_diff('hour', orders.ordered_at, coalesce(orders.delivered_at, orders.shipped_at)) / 24 as delivery_days
from orders
left join lines using (order_id)
where orders.customer_id = $customer_id and coalesce(orders.status, 'new') <> 'cancelled'
order by orders.order_id = $order_id desc, abs(date_diff('day', orders.ordered_at, $ordered_at::timestamp))
limit 400
