-- One row per supplier: how it keeps its promises, the worst first.
select *
from supplier_reliability
order by kept_share nulls last, due_count desc
