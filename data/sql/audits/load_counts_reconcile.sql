-- One row per load and table whose counts do not add up to the rows read, or to the rows in quarantine.
-- title: Every row read was loaded, updated, unchanged or quarantined
-- blocking: true
with turned_away as (
    select load_id, table_name, count(*) as row_count
    from quarantine
    where not is_row_loaded
    group by load_id, table_name
)
select
    load_counts.load_id,
    load_counts.table_name,
    load_counts.read_count,
    load_counts.loaded_count + load_counts.updated_count + load_counts.unchanged_count as kept_count,
    load_counts.quarantined_count,
    coalesce(turned_away.row_count, 0) as quarantine_rows
from load_counts
left join turned_away using (load_id, table_name)
where load_counts.read_count
    <> load_counts.loaded_count + load_counts.updated_count + load_counts.unchanged_count + load_counts.quarantined_count
    or load_counts.quarantined_count <> coalesce(turned_away.row_count, 0)
