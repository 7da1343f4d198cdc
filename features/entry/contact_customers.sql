-- One row per customer PO, phone or address of the last 150 days and customer: when it came last, sorted by its hash.
with contacts as (
    select customer_id, ordered_at, 'customer_po' as field, customer_po as value from orders
    union all
    select customer_id, ordered_at, 'ship_to_phone', ship_to_phone from orders
    union all
    select customer_id, ordered_at, 'ship_to_address', ship_to_address from orders
)
select hash(field, value) as contact, customer_id, max(ordered_at) as latest
from contacts
where value <> '' and ordered_at > (select max(ordered_at) from orders) - interval 150 day
group by all
order by contact
