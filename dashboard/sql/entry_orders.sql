-- One row per operator and channel: how many orders they entered since a day.
select
    orders.entered_by as operator,
    coalesce(orders.channel, '') as channel,
    count(*) as order_count
from orders
where orders.entered_by is not null
    and orders.entered_by <> ''
    and orders.ordered_at >= $since::timestamp
group by orders.entered_by, coalesce(orders.channel, '')
order by order_count desc
