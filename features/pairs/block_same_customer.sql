-- One row per candidate pair: same customer, days apart.
-- default: days = 3
with neighbours as (
    select
        id,
        second,
        lag(id, 1) over block as id_1,
        lag(second, 1) over block as second_1,
        lag(id, 2) over block as id_2,
        lag(second, 2) over block as second_2,
        lag(id, 3) over block as id_3,
        lag(second, 3) over block as second_3,
        lag(second, 4) over block as beyond
    from pair_orders
    where entity is not null
    window block as (partition by entity order by id)
)
select
    id as id_r,
    unnest([
        if(second - second_1 <= $days * 86400, id_1, null),
        if(second - second_2 <= $days * 86400, id_2, null),
        if(second - second_3 <= $days * 86400, id_3, null)
    ]) as id_l,
    coalesce(second - beyond <= $days * 86400, false) as is_cut
from neighbours
where second - second_1 <= $days * 86400
