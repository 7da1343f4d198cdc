-- One row per candidate pair: how many other orders that came in within the same ten minutes repeat something off rhythm.
with repeats as (
    select
        r.id,
        r.second // 600 as bucket,
        r.channel
    from levels_time as times
    inner join levels_items as items using (pair)
    inner join candidate_pairs as pairs using (pair)
    inner join pair_orders as r on r.id = pairs.id_r
    where items.items <= 3 and times.rhythm in (1, 2, 3, 5, 6, 7) and not r.is_date_only
    group by all
),
bursts as (
    select bucket, channel, count(*) as repeat_count
    from repeats
    group by bucket, channel
)
select
    pairs.pair,
    case
        when repeats.id is null or bursts.repeat_count = 1 then 0
        when bursts.repeat_count <= 3 then 1
        else 2
    end::tinyint as batch
from candidate_pairs as pairs
left join repeats on repeats.id = pairs.id_r
left join bursts on bursts.bucket = repeats.bucket and bursts.channel = repeats.channel
