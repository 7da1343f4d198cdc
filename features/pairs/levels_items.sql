-- One row per candidate pair: how much of the basket is the same, and how ordinary that is.
with sides as (
    select
        pairs.pair,
        l.basket = r.basket as has_same_basket,
        l.products = r.products as has_same_products,
        l.product_count as count_l,
        r.product_count as count_r,
        greatest(l.product_count, r.product_count) as most,
        coalesce(shared.shared_count, 0) as shared_count,
        coalesce(shared.equal_count, 0) as equal_count,
        coalesce(reach.entity_count, 1) as entity_count,
        habits.basket_count,
        habits.order_count as customer_order_count,
        abs(l.amount - r.amount) / nullif(greatest(abs(l.amount), abs(r.amount)), 0) as amount_change
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    left join pair_overlaps as shared using (pair)
    left join reach_baskets as reach on reach.basket = r.basket
    left join habit_customers as habits on habits.entity = r.entity
)
select
    pair,
    case
        when has_same_basket then case when most >= 6 then 0 when most >= 3 then 1 when most = 2 then 2 else 3 end
        when has_same_products then case
            when most = 1 then 7 when equal_count >= 0.5 * most then 4 when most = 2 then 6 else 5 end
        when count_l is null or count_r is null then 15
        when shared_count = 0 then 14
        when equal_count = count_r then if(count_r > 1, 8, 16)
        when equal_count = count_l then if(count_l > 1, 10, 9)
        when equal_count >= 0.6 * most then 11
        when shared_count >= 0.5 * most then 12
        else 13
    end::tinyint as items,
    case
        when not coalesce(has_same_products, false) then 0
        when entity_count = 1 then 1 when entity_count <= 3 then 2 when entity_count <= 10 then 3 else 4
    end::tinyint as reach,
    case
        when customer_order_count < 5 then 0
        when basket_count >= 0.95 * customer_order_count then 1
        when basket_count >= 0.7 * customer_order_count then 2
        when basket_count >= 0.35 * customer_order_count then 3
        else 4
    end::tinyint as repertoire,
    case
        when amount_change is null then 0
        when amount_change < 0.0005 then 1 when amount_change < 0.03 then 2 when amount_change < 0.15 then 3 else 4
    end::tinyint as amount
from sides
