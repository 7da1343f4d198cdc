-- One row per column that a load kept out.
select *
from ignored_columns
where load_id = $load_id
order by table_name, column_name
