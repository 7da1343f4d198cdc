-- One row per order of a customer around two orders: whether it has the same products as the later of the two.
with baskets as (
    select
        lines.order_id,
        string_agg(distinct lines.product_id, '|' order by lines.product_id) as products
    from order_lines as lines
    inner join orders on orders.order_id = lines.order_id and orders.customer_id = $customer_id
    group by lines.order_id
)
select
    orders.order_id,
    orders.ordered_at,
    baskets.products is not distinct from (select products from baskets where order_id = $order_id) as is_same,
    orders.order_id in ($order_id, $duplicate_of) as is_pair
from orders
left join baskets using (order_id)
where orders.customer_id = $customer_id and coalesce(orders.status, 'new') <> 'cancelled'
order by abs(date_diff('minute', orders.ordered_at, $ordered_at::timestamp))
limit 400
