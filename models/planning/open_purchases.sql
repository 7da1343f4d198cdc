-- One row per open purchase order line: when it is due, and which units of the queue of waiting lines it would serve.
select
    supply.po_id,
    supply.product_id,
    supply.supplier_id,
    supply.quantity,
    supply.ordered_at,
    supply.due_at,
    greatest(date_diff('day', supply.due_at, $now::timestamp), 0) as overdue_days,
    greatest(coalesce(stock.on_hand, 0), 0) + coalesce(sum(supply.quantity) over (
        partition by supply.product_id
        order by supply.due_at, supply.po_id
        rows between unbounded preceding and 1 preceding
    ), 0) as units_before
from supply_lines as supply
left join stock_now as stock using (product_id)
where
    supply.is_open
    and coalesce(supply.ordered_at, $now) <= $now
    and supply.due_at >= $now - interval 120 day
