-- One row per blocking rule: how many pairs it brought, and how many orders had more neighbours than it looks at.
select rule, pair_count, cut_order_count
from pair_blocking
order by pair_count desc, rule
