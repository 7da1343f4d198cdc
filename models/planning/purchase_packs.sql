-- One row per product with at least three purchases: the least, the usual and the pack quantity that they show.
select
    product_id,
    min(quantity) as least_quantity,
    median(quantity) as usual_quantity,
    case
        when bool_and(quantity = round(quantity))
            then list_reduce(list(quantity::bigint), lambda a, b: gcd(a, b))
        else 1
    end::double as pack_quantity
from supply_lines
group by product_id
having count(*) >= 3
