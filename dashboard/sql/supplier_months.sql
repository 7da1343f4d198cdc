-- One row per month: how all suppliers, or one, kept their promised days.
select month, sum(due_count) as due_count, sum(kept_count) / sum(due_count) as kept_share
from supplier_months
where $supplier_id = '' or supplier_id = $supplier_id
group by month
order by month
