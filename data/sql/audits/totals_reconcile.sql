-- One row per order whose total is neither the sum of its lines nor that less their discounts.
-- title: Order totals are the sums of their lines
-- blocking: false
-- default: tolerance = 0.01    # money, and as many times a thousandth of the total, for rounding
with lines as (
    select
        order_id,
        sum(quantity * unit_price) as gross_value,
        sum(quantity * unit_price * (1 - coalesce(discount, 0))) as net_value
    from order_lines
    group by order_id
)
select orders.order_id, orders.total_amount, lines.net_value
from orders
inner join lines using (order_id)
where abs(orders.total_amount - lines.net_value) > $tolerance * (1 + abs(orders.total_amount) / 1000)
    and abs(orders.total_amount - lines.gross_value) > $tolerance * (1 + abs(orders.total_amount) / 1000)
