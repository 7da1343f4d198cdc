-- One row per candidate pair: how likely this customer orders these lines again within this time by chance.
-- A level of the logarithm: at 1 it is sure to happen, at each further level three times less likely; 0 has no equal line.
with sides as (
    select
        pairs.pair,
        r.second - l.second as gap,
        l.basket = r.basket as has_same_basket,
        coalesce(shared.bits, 0) as bits,
        habits.order_count,
        habits.mean_gap,
        case
            when r.second - l.second <= 3600 then habits.hour_count - 1
            when r.second - l.second <= 4 * 3600 then habits.four_hour_count - 1
            when r.second - l.second <= 86400 then habits.day_count - 1
            else 0
        end as close_count,
        greatest(coalesce(baskets.gap_count, 0) - (r.second - l.second >= 4 * 3600)::int, 0) as same_count
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    inner join habit_customers as habits on habits.entity = r.entity
    left join habit_baskets as baskets on baskets.habit = hash(r.entity, r.basket)
    left join pair_overlaps as shared using (pair)
),
chances as (
    select
        pair,
        bits,
        order_count,
        least(1, greatest(gap / greatest(mean_gap, 3600), greatest(close_count, 0) / greatest(order_count - 1, 1))) as orders_by_then,
        greatest(pow(2, -bits), if(has_same_basket, same_count / greatest(order_count - 2, 1), 0)) as is_the_same
    from sides
)
select
    pair,
    case
        when bits = 0 then 0
        else 1 + least(12, floor(-2 * log10(greatest(orders_by_then, 0.00001) * greatest(is_the_same, 0.00001))))
    end::tinyint as chance
from chances
