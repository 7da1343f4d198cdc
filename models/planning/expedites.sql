-- One row per open purchase order line and waiting order line that it would serve too late, the most urgent first.
select
    purchases.po_id,
    purchases.product_id,
    purchases.supplier_id,
    purchases.quantity as po_quantity,
    purchases.due_at,
    purchases.overdue_days,
    waiting.order_id,
    waiting.line_no,
    waiting.customer_id,
    waiting.needed_at,
    least(purchases.units_before + purchases.quantity, waiting.units_before + waiting.units)
    - greatest(purchases.units_before, waiting.units_before) as units,
    waiting.value / waiting.units
    * (
        least(purchases.units_before + purchases.quantity, waiting.units_before + waiting.units)
        - greatest(purchases.units_before, waiting.units_before)
    ) as value,
    greatest(date_diff('day', coalesce(waiting.needed_at, waiting.ordered_at), greatest(purchases.due_at, $now)), 0)
        as late_days
from open_purchases as purchases
inner join waiting_lines as waiting
    on
        purchases.product_id = waiting.product_id
        and purchases.units_before < waiting.units_before + waiting.units
        and waiting.units_before < purchases.units_before + purchases.quantity
where purchases.overdue_days > 0 or purchases.due_at > coalesce(waiting.needed_at, waiting.ordered_at)
