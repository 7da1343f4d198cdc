-- One row per stem of an order number that several orders share.
select
    number_stem,
    count(*) as order_count
from pair_orders
where number_stem is not null
group by number_stem
having count(*) > 1
