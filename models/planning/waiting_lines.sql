-- One row per open order line of the last half year: the units it still waits for, in the order of its need.
select
    order_id,
    line_no,
    product_id,
    customer_id,
    ordered_at,
    needed_at,
    status,
    quantity - coalesce(shipped_quantity, 0) as units,
    (quantity - coalesce(shipped_quantity, 0)) * unit_price * (1 - discount) as value,
    coalesce(sum(quantity - coalesce(shipped_quantity, 0)) over (
        partition by product_id
        order by coalesce(needed_at, ordered_at), ordered_at, order_id, line_no
        rows between unbounded preceding and 1 preceding
    ), 0) as units_before
from demand_lines
where
    not is_finished
    and not is_known_wrong
    and quantity > coalesce(shipped_quantity, 0)
    and ordered_at between $now - interval 180 day and $now
