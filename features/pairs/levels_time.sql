-- One row per candidate pair: how far apart, against the calendar, this basket's rhythm and this customer's.
with sides as (
    select
        pairs.pair,
        r.second - l.second as gap,
        (r.second - l.second) / 86400.0 as gap_days,
        l.is_date_only and r.is_date_only as is_date_only,
        l.basket = r.basket as has_same_basket,
        l.products = r.products as has_same_products,
        if(l.basket = r.basket, baskets.order_count, products.order_count) - 2 as other_count,
        if(l.basket = r.basket, baskets.usual_gap, products.usual_gap) as usual_gap,
        if(l.basket = r.basket, baskets.gap_count, products.gap_count) - (r.second - l.second >= 4 * 3600)::int as other_gap_count,
        customers.order_count as customer_order_count,
        customers.usual_gap as customer_gap,
        weekdays.usual_weekdays & (1 << l.weekday) > 0 as is_usual_weekday_l,
        weekdays.usual_weekdays & (1 << r.weekday) > 0 as is_usual_weekday_r,
        if(l.basket = r.basket, after.second_after - r.second, null) as gap_after,
        if(l.basket = r.basket, l.second - before.second_before, null) as gap_before
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    left join habit_baskets as baskets on baskets.habit = hash(r.entity, r.basket)
    left join habit_products as products on products.habit = hash(r.entity, r.products)
    left join habit_customers as customers on customers.entity = r.entity
    left join habit_weekdays as weekdays on weekdays.entity = r.entity
    left join pair_neighbours as before on before.id = pairs.id_l
    left join pair_neighbours as after on after.id = pairs.id_r
)
select
    pair,
    case
        when is_date_only and gap = 0 then 12
        when gap <= 120 then 0 when gap <= 900 then 1 when gap <= 3600 then 2 when gap <= 4 * 3600 then 3
        when gap <= 12 * 3600 then 4 when gap_days <= 1.5 then 5 when gap_days <= 3.5 then 6 when gap_days <= 6.5 then 7
        when gap_days <= 8 then 8 when gap_days <= 16 then 9 when gap_days <= 45 then 10 else 11
    end::tinyint as gap,
    case
        when gap_days < 0.9 then 0
        when abs(gap_days - round(gap_days)) > 2 / 24.0 then 1
        when round(gap_days) % 7 = 0 then 3
        else 2
    end::tinyint as calendar,
    case
        when not has_same_products then 0
        when coalesce(other_gap_count, 0) <= 0 then 1
        when other_gap_count <= 2 and gap < 0.15 * usual_gap then 2
        when other_gap_count <= 2 and gap < 0.6 * usual_gap then 3
        when other_gap_count <= 2 then 4
        when gap < 0.05 * usual_gap then 5 when gap < 0.15 * usual_gap then 6 when gap < 0.35 * usual_gap then 7
        when gap < 0.6 * usual_gap then 8 when gap < 0.85 * usual_gap then 9 when gap <= 1.2 * usual_gap then 10 else 11
    end::tinyint as rhythm,
    case
        when customer_order_count < 5 or customer_gap is null then 0
        when gap < 0.05 * customer_gap then 1 when gap < 0.2 * customer_gap then 2 when gap < 0.5 * customer_gap then 3
        when gap < 0.9 * customer_gap then 4 when gap < 2 * customer_gap then 5 else 6
    end::tinyint as customer_rhythm,
    case
        when not has_same_basket or other_gap_count <= 0 or gap_after is null then 0
        when abs(gap + gap_after - usual_gap) <= 0.25 * usual_gap then 1
        when abs(gap_after - usual_gap) <= 0.25 * usual_gap then 2
        else 3
    end::tinyint as cadence,
    case
        when customer_order_count < 8 then 0
        when is_usual_weekday_r then 1
        when is_usual_weekday_l then 2
        else 3
    end::tinyint as weekday
from sides
