-- One row per load: where from, when, and its counts over all tables.
with counts as (
    select
        load_id,
        sum(read_count) as read_count,
        sum(loaded_count) as loaded_count,
        sum(updated_count) as updated_count,
        sum(unchanged_count) as unchanged_count,
        sum(quarantined_count) as quarantined_count
    from load_counts
    group by load_id
)
select loads.*, counts.* exclude (load_id)
from loads
left join counts using (load_id)
order by loads.started_at desc
