-- One row per week: how many orders were checked.
select
    date_trunc('week', ordered_at) as week,
    count(*) as order_count
from orders
where coalesce(status, 'new') <> 'cancelled'
group by week
order by week
