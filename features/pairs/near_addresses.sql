-- One row per two differing ship-to addresses of candidate pairs that read alike: same numbers, nearly the same words.
-- default: least_likeness = 0.75
with forms as (
    select hashed, any_value(latin) as latin, any_value(numbers) as numbers
    from normal_addresses
    group by hashed
),
differing as (
    select distinct l.ship as ship_l, r.ship as ship_r
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    where l.ship <> r.ship
),
compared as (
    select
        differing.*,
        l.numbers = r.numbers or starts_with(l.numbers, r.numbers) or starts_with(r.numbers, l.numbers) as has_same_numbers,
        contains(l.latin, r.latin) or contains(r.latin, l.latin) as is_contained,
        1 - levenshtein(l.latin, r.latin) / greatest(length(l.latin), length(r.latin)) as likeness
    from differing
    inner join forms as l on l.hashed = differing.ship_l
    inner join forms as r on r.hashed = differing.ship_r
)
select hash(ship_l, ship_r) as two, likeness
from compared
where has_same_numbers and (is_contained or likeness >= $least_likeness)
