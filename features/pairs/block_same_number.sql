-- One row per candidate pair: same order number but for what was added to it.
-- default: days = 120
with neighbours as (
    select
        id,
        second,
        lag(id, 1) over block as id_1,
        lag(second, 1) over block as second_1,
        lag(second, 2) over block as beyond
    from pair_orders
    semi join reach_numbers using (number_stem)
    window block as (partition by number_stem order by id)
)
select
    id as id_r,
    unnest([
        if(second - second_1 <= $days * 86400, id_1, null)
    ]) as id_l,
    coalesce(second - beyond <= $days * 86400, false) as is_cut
from neighbours
where second - second_1 <= $days * 86400
