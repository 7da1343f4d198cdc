-- One row per two customer records that look like one customer, the surest first.
select
    customer_duplicates.customer_id,
    customer_duplicates.duplicate_of,
    customer_duplicates.probability,
    coalesce(later.name, customer_duplicates.customer_id) as name,
    coalesce(earlier.name, customer_duplicates.duplicate_of) as other_name
from customer_duplicates
left join maybe_customers as later on later.customer_id = customer_duplicates.customer_id
left join maybe_customers as earlier on earlier.customer_id = customer_duplicates.duplicate_of
order by customer_duplicates.probability desc, customer_duplicates.customer_id, customer_duplicates.duplicate_of
limit 2000
