-- One row per order: a narrow number that counts in the order of time, and what the order says.
-- Long texts are the hashes that other tables find them by.
select
    order_id,
    hash(order_id) as written,
    cast(row_number() over (order by ordered_at, length(order_id), order_id) as integer) as id,
    ordered_at,
    cast(requested_at as date) as requested_on,
    hash(customer_id) as customer,
    hash(channel) as channel_written,
    if(trim(entered_by) <> '', hash(lower(trim(entered_by))), null) as operator,
    hash(customer_po) as po_written,
    hash(order_number) as number_written,
    hash(ship_to_address) as ship_written,
    hash(ship_to_name) as receiver_written,
    hash(ship_to_phone) as phone_written,
    status = 'returned' as is_returned,
    coalesce(payment_due_at, ordered_at + interval 60 day) as due_at,
    total_amount
from match_orders
