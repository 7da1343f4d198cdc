-- One row per purchase order line: when it was due, how late it came, what is still to come.
with dated as (
    select
        po.po_id,
        po.product_id,
        coalesce(po.supplier_id, products.supplier_id) as supplier_id,
        po.quantity,
        po.ordered_at,
        po.promised_at,
        coalesce(po.promised_at, po.ordered_at + to_days(coalesce(products.lead_time_days, 14))) as due_at,
        po.received_at,
        case when po.received_at is not null then coalesce(po.received_quantity, po.quantity) else 0 end as received_quantity
    from maybe_purchase_orders as po
    left join maybe_products as products using (product_id)
    where po.quantity > 0
)
select
    dated.*,
    received_at is null as is_open,
    greatest(quantity - received_quantity, 0) as missing_quantity,
    date_diff('day', due_at, received_at) as late_days
from dated
