-- One row per customer and day: how large its quantities usually are next to its peers', in logs, on up to 12 order days before.
with days as (
    select
        customer_key,
        ordered_on,
        median(size) filter (where not is_known_wrong) as size
    from quantity_peers
    group by customer_key, ordered_on
)
select
    customer_key,
    ordered_on,
    count(size) over earlier as day_count,
    median(size) over earlier as size
from days
window earlier as (partition by customer_key order by ordered_on rows between 12 preceding and 1 preceding)
