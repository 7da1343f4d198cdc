-- One row per day of a product around a time: the stock at the start of the day and what was ordered on it.
with stock as (
    select as_of::date as day, sum(on_hand) as on_hand
    from maybe_inventory
    where product_id = $product_id
    group by day
),
demand as (
    select orders.ordered_at::date as day, sum(order_lines.quantity) as ordered
    from order_lines
    inner join orders using (order_id)
    where order_lines.product_id = $product_id and coalesce(orders.status, 'new') <> 'cancelled'
    group by day
)
select coalesce(stock.day, demand.day) as day, stock.on_hand, demand.ordered
from stock
full join demand using (day)
where coalesce(stock.day, demand.day)
    between $ordered_at::date - interval 120 day and $ordered_at::date + interval 30 day
order by day
