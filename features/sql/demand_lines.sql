-- One row per order line that asks for stock: what was requested for when, and what has left so far.
with first_events as (
    select
        order_id,
        min("at") filter (where status in ('shipped', 'delivered', 'invoiced', 'closed')) as shipped_at,
        min("at") filter (where status = 'backordered') as backordered_at,
        min("at") filter (where status = 'allocated') as allocated_at,
        min("at") filter (where status = 'picked') as picked_at
    from maybe_order_events
    group by order_id
)
select
    lines.order_id,
    lines.line_no,
    lines.product_id,
    lines.warehouse_id,
    lines.customer_id,
    lines.ordered_at,
    lines.ordered_on,
    orders.requested_at,
    orders.promised_at,
    coalesce(orders.promised_at, orders.requested_at) as needed_at,
    coalesce(orders.shipped_at, first_events.shipped_at, orders.delivered_at) as shipped_at,
    first_events.backordered_at,
    first_events.allocated_at,
    first_events.picked_at,
    lines.quantity,
    lines.shipped_quantity,
    lines.unit_price,
    lines.discount,
    lines.status,
    coalesce(lines.status in ('shipped', 'delivered', 'invoiced', 'closed', 'returned'), false)
    or (
        coalesce(lines.status, 'shipped') not in ('backordered', 'on_hold')
        and coalesce(orders.shipped_at, orders.delivered_at) is not null
    ) as is_finished,
    lines.is_known_wrong
from line_facts as lines
inner join orders using (order_id)
left join first_events using (order_id)
where lines.quantity > 0
