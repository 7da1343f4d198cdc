-- One row per product with demand: how its forecasts have held, those furthest off first.
with short as (
    select product_id, count(*) as short_count
    from stockouts
    group by product_id
)
select
    health.*,
    coalesce(products.name, health.product_id) as product_name,
    coalesce(short.short_count, 0) as short_count
from demand_health as health
left join maybe_products as products using (product_id)
left join short using (product_id)
order by abs(coalesce(health.signal_own, health.signal_ours)) desc nulls last, health.weekly_demand desc
limit 5000
