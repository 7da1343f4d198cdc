-- One row per month and cause: the units and the money short that it answers for.
with valued as (
    select
        stockouts.*,
        stockouts.short_quantity * coalesce(lines.unit_price, 0) * (1 - coalesce(lines.discount, 0)) as value
    from stockouts
    left join maybe_order_lines as lines using (order_id, line_no)
),
long as (
    select date_trunc('month', ordered_at) as week, 'under_forecast' as kind, short_quantity * share_under_forecast as units, share_under_forecast * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'demand_spike' as kind, short_quantity * share_demand_spike as units, share_demand_spike * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'late_supplier' as kind, short_quantity * share_late_supplier as units, share_late_supplier * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'stock_record_error' as kind, short_quantity * share_stock_record_error as units, share_stock_record_error * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'reorder_policy' as kind, short_quantity * share_reorder_policy as units, share_reorder_policy * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'allocation' as kind, short_quantity * share_allocation as units, share_allocation * value as money
    from valued
    union all
    select date_trunc('month', ordered_at) as week, 'unknown' as kind, short_quantity * share_unknown as units, share_unknown * value as money
    from valued
)
select week, kind, sum(units) as units, sum(money) as money
from long
group by week, kind
having sum(units) > 0
order by week, kind
