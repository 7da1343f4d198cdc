-- One row per month with stock counts: the share that found the book right.
select month, count_count, right_share, missing_units
from count_months
order by month
