-- One row: how many orders there are, from when to when, in which currency.
select
    count(*) filter (where coalesce(status, 'new') <> 'cancelled') as order_count,
    min(ordered_at) as first_at,
    max(ordered_at) as last_at,
    coalesce(max(updated_at), max(ordered_at)) as now,
    mode(currency) as currency,
    count(distinct currency) as currency_count
from orders
