-- One row per two customer records that look like one customer, the surest first.
select
    duplicate_customers.customer_id,
    duplicate_customers.duplicate_of,
    duplicate_customers.probability,
    coalesce(later.name, duplicate_customers.customer_id) as name,
    coalesce(earlier.name, duplicate_customers.duplicate_of) as other_name
from duplicate_customers
left join maybe_customers as later on later.customer_id = duplicate_customers.customer_id
left join maybe_customers as earlier on earlier.customer_id = duplicate_customers.duplicate_of
order by duplicate_customers.probability desc, duplicate_customers.customer_id, duplicate_customers.duplicate_of
limit 2000
