-- One row per product, customer segment and day: the usual quantity, in logs, on up to 15 order days before.
with days as (
    select
        peer_key,
        ordered_on,
        median(log_quantity) filter (where not is_known_wrong) as log_quantity
    from quantity_bases
    group by peer_key, ordered_on
)
select
    peer_key,
    ordered_on,
    count(log_quantity) over earlier as day_count,
    median(log_quantity) over earlier as log_quantity
from days
window earlier as (partition by peer_key order by ordered_on rows between 15 preceding and 1 preceding)
