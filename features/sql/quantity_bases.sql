-- One row per order line with a quantity above zero: its quantity in logs, and the groups it is compared with.
select
    order_id,
    line_no,
    customer_id,
    ordered_on,
    is_known_wrong,
    quantity,
    ln(quantity) as log_quantity,
    hash(customer_id, product_id) as pair_key,
    hash(product_id) as product_key,
    hash(product_id, segment) as peer_key,
    hash(customer_id) as customer_key,
    hash(coalesce(category, product_id)) as category_key
from line_facts
where quantity > 0
