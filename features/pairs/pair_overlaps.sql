-- One row per candidate pair that shares a product: how many products, how many in the same quantity, how surprising.
-- The surprise is in bits, for this customer; the greatest counts in full, the others half, since lines come together.
-- default: borrowed = 2    # how many orders of anyone's a customer's own frequency is mixed with
with totals as (select count(*) as order_count from pair_orders),
shared as (
    select
        pairs.pair,
        l.quantity = r.quantity as is_equal,
        -log2((greatest(r.own_count - 2, 0) + $borrowed * r.all_count / totals.order_count)
            / (greatest(customers.order_count - 2, 0) + $borrowed)) as bits
    from candidate_pairs as pairs
    inner join item_habits as l on l.id = pairs.id_l
    inner join item_habits as r on r.item = hash(pairs.id_r, l.product)
    inner join pair_orders as orders on orders.id = pairs.id_r
    inner join habit_customers as customers on customers.entity = orders.entity
    cross join totals
)
select
    pair,
    count(*) as shared_count,
    count(*) filter (where is_equal) as equal_count,
    0.5 * coalesce(max(bits) filter (where is_equal), 0) + 0.5 * coalesce(sum(bits) filter (where is_equal), 0) as bits
from shared
group by pair
