-- One row: how much quantities vary in this company, in logs: within a customer and product, and between the habit and what peers suggest.
with pairs as (
    select
        pair_levels.spread,
        abs(pair_levels.log_quantity - peers.peer_log_quantity - coalesce(customers.size, 0)) as gap
    from quantity_peers as peers
    inner join quantity_pair_levels as pair_levels using (pair_key, ordered_on)
    left join quantity_customer_levels as customers
        on customers.customer_key = peers.customer_key and customers.ordered_on = peers.ordered_on
    where pair_levels.day_count >= 5
)
select
    greatest(0.15, coalesce(avg(spread), 0.5)) as spread_within,
    greatest(0.15, coalesce(1.48 * median(gap), 0.7)) as spread_between
from pairs
