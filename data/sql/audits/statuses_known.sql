-- One row per status word that is not one of the product's.
-- title: Statuses are known words
-- blocking: true
with used as (
    select 'orders' as table_name, status
    from maybe_orders
    union all
    select 'order_events', status
    from maybe_order_events
)
select table_name, status, count(*) as row_count
from used
where status not in (
    'new', 'confirmed', 'allocated', 'picked', 'shipped', 'delivered', 'invoiced', 'closed', 'cancelled', 'returned',
    'on_hold', 'backordered'
)
group by used.table_name, used.status
