-- One row per two differing receivers of candidate pairs that read or sound alike.
-- default: least_likeness = 0.8
with forms as (
    select hashed, any_value(key) as key, any_value(latin) as latin
    from normal_names
    group by hashed
),
differing as (
    select distinct l.receiver as receiver_l, r.receiver as receiver_r
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    where l.receiver <> r.receiver
),
compared as (
    select
        differing.*,
        contains(l.key, r.key) or contains(r.key, l.key) as is_contained,
        greatest(
            1 - levenshtein(l.latin, r.latin) / greatest(length(l.latin), length(r.latin)),
            if(
                length(l.key) = strlen(l.key), 0,
                len(list_intersect(string_split(l.key, ''), string_split(r.key, '')))
                    / len(list_distinct(string_split(l.key || r.key, '')))
            )
        ) as likeness
    from differing
    inner join forms as l on l.hashed = differing.receiver_l
    inner join forms as r on r.hashed = differing.receiver_r
)
select hash(receiver_l, receiver_r) as two, likeness
from compared
where is_contained or likeness >= $least_likeness
