-- One row per customer, product and day: the usual quantity, in logs, on up to 12 order days before, its spread, and the quantities.
with days as (
    select
        pair_key,
        ordered_on,
        median(log_quantity) filter (where not is_known_wrong) as log_quantity
    from quantity_bases
    group by pair_key, ordered_on
)
select
    pair_key,
    ordered_on,
    count(log_quantity) over earlier as day_count,
    median(log_quantity) over earlier as log_quantity,
    1.48 * mad(log_quantity) over earlier as spread,
    max(log_quantity) over earlier as highest,
    list(log_quantity) over earlier as log_quantities
from days
window earlier as (partition by pair_key order by ordered_on rows between 12 preceding and 1 preceding)
