-- One row per way through the statuses, the most frequent first.
select *, order_count / sum(order_count) over () as share
from flow_variants
order by order_count desc
