-- One row per order whose dates are in an impossible order, by day, or far from all others.
-- title: Dates are possible
-- blocking: false
-- default: oldest_year = 1980    # orders before it are taken for a wrong date
-- default: years_ahead = 5       # dates further ahead of the order are taken for a wrong date
select order_id, ordered_at, promised_at, shipped_at, delivered_at
from orders
where year(ordered_at) < $oldest_year
    or date_trunc('day', shipped_at) < date_trunc('day', ordered_at)
    or date_trunc('day', delivered_at) < date_trunc('day', coalesce(shipped_at, ordered_at))
    or date_trunc('day', promised_at) < date_trunc('day', ordered_at)
    or year(greatest(promised_at, requested_at, shipped_at, delivered_at)) - year(ordered_at) > $years_ahead
