-- One row per product that was ever ordered or stocked: whether it is a stock item, and its replenishment settings.
with demand as (
    select
        product_id,
        count(*) as line_count,
        count(*) filter (where is_finished and shipped_quantity is not null) as finished_count,
        count(*) filter (where is_finished and shipped_quantity > 0) as left_count,
        sum(quantity) as demand_quantity,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        median(quantity) as median_quantity,
        median(unit_price) as median_price
    from demand_lines
    where not is_known_wrong
    group by product_id
),
stock as (
    select product_id, count(*) as snapshot_count, max(on_hand) as max_on_hand, max(as_of) as last_snapshot_at
    from stock_snapshots
    group by product_id
),
supply as (
    select
        product_id,
        count(*) as purchase_count,
        median(date_diff('day', ordered_at, due_at)) as quoted_lead_days,
        median(date_diff('day', ordered_at, received_at)) as actual_lead_days
    from supply_lines
    group by product_id
),
has_inventory as (
    select count(*) > 0 as is_known
    from stock_snapshots
)
select
    product_id,
    products.name as product_name,
    products.supplier_id,
    products.lead_time_days,
    products.reorder_point,
    products.safety_stock,
    supply.quoted_lead_days,
    supply.actual_lead_days,
    coalesce(products.list_price, demand.median_price) as price,
    coalesce(demand.line_count, 0) as line_count,
    coalesce(demand.demand_quantity, 0) as demand_quantity,
    demand.first_ordered_at,
    demand.last_ordered_at,
    demand.median_quantity,
    coalesce(stock.snapshot_count, 0) as snapshot_count,
    stock.last_snapshot_at,
    coalesce(supply.purchase_count, 0) as purchase_count,
    case
        -- a product that never shows any stock is a service, a fee or made elsewhere
        when has_inventory.is_known then coalesce(stock.max_on_hand > 0, false) or coalesce(supply.purchase_count > 0, false)
        when demand.finished_count >= 5 then demand.left_count > 0
        else true
    end as is_stocked
from demand
full join stock using (product_id)
full join supply using (product_id)
left join maybe_products as products using (product_id)
cross join has_inventory
