-- One row per table of one load: its four counts, which add up to the rows read.
select *
from load_counts
where load_id = $load_id
order by table_name
