-- One row per order that is not cancelled: the header, its lines summed up, and who ordered it.
with lines as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity) as unit_count,
        sum(quantity * unit_price) as gross_value,
        sum(quantity * unit_price * (1 - coalesce(discount, 0))) as goods_value,
        max(discount) as max_discount,
        min(warehouse_id) as warehouse_id
    from order_lines
    group by order_id
)
select
    orders.*,
    coalesce(lines.line_count, 0) as line_count,
    lines.unit_count,
    lines.gross_value,
    lines.goods_value,
    lines.max_discount,
    lines.warehouse_id,
    coalesce(orders.total_amount, lines.goods_value, 0) as order_value,
    customers.name as customer_name,
    customers.segment,
    customers.region as customer_region,
    customers.country as customer_country,
    date_trunc('day', orders.ordered_at) as ordered_on
from orders
left join lines using (order_id)
left join maybe_customers as customers using (customer_id)
where coalesce(orders.status, 'new') <> 'cancelled'
