-- One row per candidate pair: the earlier order, the later one, and by how many blocking rules they met.
select
    cast(row_number() over () as integer) as pair,
    id_l,
    id_r,
    count(*) as rule_count
from blocked_pairs
group by id_l, id_r
