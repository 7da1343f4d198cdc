-- One row per channel that orders came by.
select channel
from flow_steps
where channel <> ''
group by channel
order by sum(order_count) desc
