-- One row per candidate pair: same customer, same products.
-- default: days = 21
with neighbours as (
    select
        id,
        second,
        lag(id, 1) over block as id_1,
        lag(second, 1) over block as second_1,
        lag(id, 2) over block as id_2,
        lag(second, 2) over block as second_2,
        lag(second, 3) over block as beyond
    from pair_orders
    where products is not null
    window block as (partition by entity, products order by id)
)
select
    id as id_r,
    unnest([
        if(second - second_1 <= $days * 86400, id_1, null),
        if(second - second_2 <= $days * 86400, id_2, null)
    ]) as id_l,
    coalesce(second - beyond <= $days * 86400, false) as is_cut
from neighbours
where second - second_1 <= $days * 86400
