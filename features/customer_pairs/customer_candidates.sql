-- One row per two customer records that share a key with few others between them.
with neighbours as (
    select
        id,
        unnest([
            lag(id, 1) over block, lag(id, 2) over block, lag(id, 3) over block,
            lag(id, 4) over block, lag(id, 5) over block, lag(id, 6) over block
        ]) as id_l
    from customer_blocks
    window block as (partition by rule, key order by id)
)
select distinct id_l, id as id_r
from neighbours
where id_l is not null
