-- One row per open purchase order line past its promised day, with what waits for it.
with blocked as (
    select po_id, product_id, count(distinct order_id) as order_count, sum(value) as value
    from expedites
    group by po_id, product_id
)
select
    po.po_id,
    coalesce(po.supplier_id, products.supplier_id) as supplier_id,
    po.product_id,
    coalesce(products.name, po.product_id) as product_name,
    po.quantity,
    po.promised_at,
    greatest(date_diff('day', po.promised_at, coverage.now), 0) as overdue_days,
    coalesce(blocked.order_count, 0) as order_count,
    coalesce(blocked.value, 0) as value,
    round(risks.probability, 2) as probability
from maybe_purchase_orders as po
cross join supply_coverage as coverage
left join maybe_products as products using (product_id)
left join blocked on blocked.po_id = po.po_id and blocked.product_id = po.product_id
left join stock_risks as risks on risks.product_id = po.product_id
where
    po.received_at is null
    and (po.promised_at between coverage.now - interval 120 day and coverage.now - interval 1 day or blocked.order_count > 0)
order by value desc, overdue_days desc, po.po_id
limit 2000
