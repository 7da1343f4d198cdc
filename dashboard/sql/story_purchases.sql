-- One row per purchase order line of a product that was open or came in an interval.
select
    po.po_id,
    coalesce(po.supplier_id, products.supplier_id) as supplier_id,
    po.quantity,
    po.ordered_at,
    po.promised_at,
    po.received_at,
    po.received_quantity,
    date_diff('day', po.promised_at, coalesce(po.received_at, $until::timestamp)) as late_days
from maybe_purchase_orders as po
left join maybe_products as products using (product_id)
where
    po.product_id = $product_id
    and po.ordered_at <= $until::timestamp
    and coalesce(po.received_at, timestamp '9999-01-01') >= $start::timestamp
order by po.promised_at, po.po_id
limit 200
