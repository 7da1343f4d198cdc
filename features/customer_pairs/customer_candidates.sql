-- One row per two customer records that stand close together among those who share a key, and for how many such it stands.
-- Of those that met by one part of a name, phone or place alone, which happens by chance, one in eight stands for all.
with neighbours as (
    select
        id,
        rule in ('name', 'name_words', 'contact', 'phone', 'email', 'address', 'place') as is_whole,
        unnest([
            lag(id, 1) over block, lag(id, 2) over block, lag(id, 3) over block,
            lag(id, 4) over block, lag(id, 5) over block, lag(id, 6) over block
        ]) as other
    from customer_blocks
    window block as (partition by rule, key order by sorted_by, id)
),
pairs as (
    select least(id, other) as id_l, greatest(id, other) as id_r, bool_or(is_whole) or count(*) > 1 as is_sure
    from neighbours
    where other <> id
    group by all
)
select id_l, id_r, if(is_sure, 1, 8) as stands_for
from pairs
where is_sure or hash(id_l, id_r) % 8 = 0
