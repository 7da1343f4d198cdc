-- One row per day around a shortage: the stock of the book, receipts as promised and as they came, and demand.
with days as (
    select unnest(generate_series(
        $start::date - interval 28 day, $until::date + interval 21 day, interval 1 day
    ))::date as day
),
stock as (
    select as_of::date as day, sum(on_hand) as on_hand
    from maybe_inventory
    where product_id = $product_id and as_of between $start::date - interval 28 day and $until::date + interval 21 day
    group by as_of::date
),
due as (
    select promised_at::date as day, sum(quantity) as promised
    from maybe_purchase_orders
    where product_id = $product_id and ordered_at <= $start::timestamp
    group by promised_at::date
),
demand as (
    select orders.ordered_at::date as day, sum(lines.quantity) as ordered
    from order_lines as lines
    inner join orders using (order_id)
    where
        lines.product_id = $product_id
        and coalesce(orders.status, 'new') <> 'cancelled'
        and orders.ordered_at between $start::date - interval 28 day and $until::date + interval 22 day
    group by orders.ordered_at::date
)
select days.day, stock.on_hand, due.promised, demand.ordered
from days
left join stock using (day)
left join due using (day)
left join demand using (day)
order by days.day
