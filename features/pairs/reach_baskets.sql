-- One row per basket that several customers order.
select
    basket,
    count(distinct entity) as entity_count
from pair_orders
where basket is not null
group by basket
having count(distinct entity) > 1
