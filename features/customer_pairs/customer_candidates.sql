-- One row per two customer records that share a key with few others between them in the order of their names.
with neighbours as (
    select
        blocks.id,
        unnest([
            lag(blocks.id, 1) over block, lag(blocks.id, 2) over block, lag(blocks.id, 3) over block,
            lag(blocks.id, 4) over block, lag(blocks.id, 5) over block, lag(blocks.id, 6) over block
        ]) as other
    from customer_blocks as blocks
    inner join customer_keys as keys using (id)
    window block as (partition by blocks.rule, blocks.key order by keys.name_latin, keys.address_latin, blocks.id)
)
select distinct least(id, other) as id_l, greatest(id, other) as id_r
from neighbours
where other is not null
