-- One row per product with demand in a warehouse, of the products that several keep: how its forecasts have held.
with short as (
    select stockouts.product_id, lines.warehouse_id, count(*) as short_count
    from stockouts
    inner join maybe_order_lines as lines using (order_id, line_no)
    group by stockouts.product_id, lines.warehouse_id
)
select
    health.*,
    coalesce(products.name, health.product_id) as product_name,
    coalesce(short.short_count, 0) as short_count
from place_health as health
left join maybe_products as products using (product_id)
left join short on short.product_id = health.product_id and short.warehouse_id = health.warehouse_id
order by abs(coalesce(health.signal_own, health.signal_ours)) desc nulls last, health.weekly_demand desc
limit 5000
