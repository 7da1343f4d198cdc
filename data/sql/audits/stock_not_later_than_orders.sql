-- One row per product with a stock figure from after the data's clock; detection leaves such figures out.
-- title: Stock figures are not from after the last order
-- blocking: false
with clock as (
    select coalesce(max(updated_at), max(ordered_at)) as now
    from orders
)
select inventory.product_id, max(inventory.as_of) as as_of, clock.now
from inventory
cross join clock
where inventory.as_of > clock.now
group by inventory.product_id, clock.now
