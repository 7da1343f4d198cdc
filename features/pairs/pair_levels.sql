-- One row per candidate pair: its comparison vector, and the hash that equal vectors share.
-- All comparisons read the two sides at once: at a million orders it is the joins that cost. Shares are compared as whole
-- numbers: a factor such as 0.15 would be a decimal of 128 bits.
with sides as (
    select
        pairs.pair,
        pairs.id_l,
        pairs.id_r,
        -- time
        r.second - l.second as gap,
        (r.second - l.second) / 86400.0 as gap_days,
        r.second - l.second >= 4 * 3600 as is_another_use,
        l.is_date_only and r.is_date_only as is_date_only,
        if(l.basket = r.basket, baskets.usual_gap, products.usual_gap) as usual_gap,
        if(l.basket = r.basket, baskets.gap_count, products.gap_count) - is_another_use::int as other_gap_count,
        customers.usual_gap as customer_gap,
        customers.usual_weekdays & (1 << l.weekday) > 0 as is_usual_weekday_l,
        customers.usual_weekdays & (1 << r.weekday) > 0 as is_usual_weekday_r,
        if(l.basket = r.basket, histories_r.second_after - r.second, null) as gap_after,
        -- items
        l.basket = r.basket as has_same_basket,
        l.products = r.products as has_same_products,
        l.product_count as count_l,
        r.product_count as count_r,
        greatest(l.product_count, r.product_count) as most,
        coalesce(shared.shared_count, 0) as shared_count,
        coalesce(shared.equal_count, 0) as equal_count,
        coalesce(shared.bits, 0) as bits,
        coalesce(reach.entity_count, 1) as entity_count,
        abs(l.amount - r.amount) / nullif(greatest(abs(l.amount), abs(r.amount)), 0) as amount_change,
        customers.basket_count,
        customers.order_count as customer_order_count,
        -- chance
        customers.mean_gap,
        case
            when gap <= 3600 then customers.hour_count - 1
            when gap <= 4 * 3600 then customers.four_hour_count - 1
            when gap <= 86400 then customers.day_count - 1
            else 0
        end as close_count,
        greatest(coalesce(baskets.gap_count, 0) - is_another_use::int, 0) as same_count,
        -- references
        l.po as po_l, r.po as po_r,
        l.po_stem as po_stem_l, r.po_stem as po_stem_r,
        abs(l.po_number - r.po_number) as po_distance,
        l.po_shape = r.po_shape as has_same_shape,
        uses.use_count - 1 - (is_another_use or l.basket is distinct from r.basket)::int as other_use_count,
        uses.span_days,
        customers.po_order_count,
        customers.po_count,
        coalesce(customers.has_dates_for_po, false) and l.po_beside_date is not null as is_date_l,
        coalesce(customers.has_dates_for_po, false) and r.po_beside_date is not null as is_date_r,
        l.number as number_l, r.number as number_r,
        l.number_stem as number_stem_l, r.number_stem as number_stem_r,
        stems.order_count as stem_count,
        r.requested_on - l.requested_on as requested_shift,
        r.ordered_at::date - l.ordered_at::date as ordered_shift,
        l.basket = r.basket and l.entity = r.entity and l.ship is not distinct from r.ship and po_l is not distinct from po_r
            and l.requested_on is not distinct from r.requested_on and l.channel is not distinct from r.channel as is_copy,
        -- parties
        l.customer = r.customer as has_same_customer,
        l.entity = r.entity as has_same_entity,
        l.ship as ship_l, r.ship as ship_r, near_addresses.likeness as ship_likeness,
        customers.ship_count,
        l.receiver as receiver_l, r.receiver as receiver_r, near_names.likeness as receiver_likeness,
        l.phone = r.phone as has_same_phone,
        l.channel = r.channel as has_same_channel, l.channel_sort,
        l.operator = r.operator as has_same_operator,
        r.channel as channel_r,
        if(r.is_date_only, null, r.second // 600) as bucket_r,
        -- hindsight
        histories_l.is_paid as is_paid_l, histories_r.is_paid as is_paid_r, histories_r.is_due as is_due_r,
        l.is_returned as is_returned_l, r.is_returned as is_returned_r,
        histories_l.reversed_second <= r.second
            or (histories_l.reversed_second is not null and l.basket <> r.basket) as is_reversed_l,
        histories_r.reversed_second is not null as is_reversed_r
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    inner join order_histories as histories_l on histories_l.id = pairs.id_l
    inner join order_histories as histories_r on histories_r.id = pairs.id_r
    inner join habit_customers as customers on customers.entity = r.entity
    left join habit_baskets as baskets on baskets.habit = hash(r.entity, r.basket)
    left join habit_products as products on products.habit = hash(r.entity, r.products)
    left join habit_references as uses on uses.habit = hash(r.entity, r.po)
    left join reach_baskets as reach on reach.basket = r.basket
    left join reach_numbers as stems on stems.number_stem = r.number_stem
    left join pair_overlaps as shared on shared.pair = pairs.pair
    left join near_addresses on near_addresses.two = hash(l.ship, r.ship) and l.ship <> r.ship
    left join near_names on near_names.two = hash(l.receiver, r.receiver) and l.receiver <> r.receiver
),
compared as materialized (
    select
        pair,
        id_l,
        id_r,
        channel_r,
        bucket_r,
        -- How far apart, against the calendar, this basket's rhythm and this customer's.
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
            when other_gap_count <= 2 and 100 * sides.gap < 15 * usual_gap then 2
            when other_gap_count <= 2 and 100 * sides.gap < 60 * usual_gap then 3
            when other_gap_count <= 2 then 4
            when 100 * sides.gap < 5 * usual_gap then 5 when 100 * sides.gap < 15 * usual_gap then 6
            when 100 * sides.gap < 35 * usual_gap then 7 when 100 * sides.gap < 60 * usual_gap then 8
            when 100 * sides.gap < 85 * usual_gap then 9 when 100 * sides.gap <= 120 * usual_gap then 10 else 11
        end::tinyint as rhythm,
        case
            when customer_order_count < 5 or customer_gap is null then 0
            when 100 * sides.gap < 5 * customer_gap then 1 when 100 * sides.gap < 20 * customer_gap then 2
            when 100 * sides.gap < 50 * customer_gap then 3 when 100 * sides.gap < 90 * customer_gap then 4
            when 100 * sides.gap < 200 * customer_gap then 5 else 6
        end::tinyint as customer_rhythm,
        case
            when not has_same_basket or other_gap_count <= 0 or gap_after is null then 0
            when 4 * abs(sides.gap + gap_after - usual_gap) <= usual_gap then 1
            when 4 * abs(gap_after - usual_gap) <= usual_gap then 2
            else 3
        end::tinyint as cadence,
        case
            when customer_order_count < 8 then 0
            when is_usual_weekday_r then 1
            when is_usual_weekday_l then 2
            else 3
        end::tinyint as weekday,
        -- How much of the basket is the same, and how ordinary that is.
        case
            when has_same_basket then case when most >= 6 then 0 when most >= 3 then 1 when most = 2 then 2 else 3 end
            when has_same_products then case
                when most = 1 then 7 when 2 * equal_count >= most then 4 when most = 2 then 6 else 5 end
            when count_l is null or count_r is null then 15
            when shared_count = 0 then 14
            when equal_count = count_r then if(count_r > 1, 8, 16)
            when equal_count = count_l then if(count_l > 1, 10, 9)
            when 10 * equal_count >= 6 * most then 11
            when 2 * shared_count >= most then 12
            else 13
        end::tinyint as items,
        case
            when not coalesce(has_same_products, false) then 0
            when entity_count = 1 then 1 when entity_count <= 3 then 2 when entity_count <= 10 then 3 else 4
        end::tinyint as reach,
        case
            when customer_order_count < 5 then 0
            when 100 * basket_count >= 95 * customer_order_count then 1
            when 100 * basket_count >= 70 * customer_order_count then 2
            when 100 * basket_count >= 35 * customer_order_count then 3
            else 4
        end::tinyint as repertoire,
        case
            when amount_change is null then 0
            when amount_change < 0.0005 then 1 when amount_change < 0.03 then 2 when amount_change < 0.15 then 3 else 4
        end::tinyint as amount,
        -- How likely this customer orders these lines again within this time by chance: the logarithm of the chance that
        -- they order anything by then, times that it is the same. At 1 it is sure to happen, at each further level three
        -- times less likely; 0 has no equal line.
        case
            when bits = 0 then 0
            else 1 + least(12, floor(-2 * log10(
                greatest(
                    least(1, greatest(
                        sides.gap / greatest(mean_gap, 3600),
                        greatest(close_count, 0) / greatest(customer_order_count - 1, 1)
                    )),
                    0.00001
                ) * greatest(
                    pow(2, -bits), if(has_same_basket, same_count / greatest(customer_order_count - 2, 1), 0), 0.00001
                )
            )))
        end::tinyint as chance,
        -- Customer PO, order number, requested date, and whether all that was entered is the same.
        case
            when po_l is null and po_r is null then 0
            when po_l is null then 1
            when po_r is null then
                if(customer_order_count >= 5 and 100 * (po_order_count - 1) >= 85 * (customer_order_count - 2), 12, 1)
            when po_l = po_r then case
                when is_date_r then 10
                when other_use_count > 4 or (other_use_count > 0 and span_days > 45) then 4
                when po_order_count - 2 - coalesce(other_use_count, 0) >= 4
                    and 10 * (po_count - 1) < 7 * (po_order_count - 2 - coalesce(other_use_count, 0)) then 5
                when other_use_count > 0 then 3 else 2 end
            when is_date_l and is_date_r then 11
            when po_stem_l = po_r or po_stem_r = po_l then 6
            when has_same_shape and po_distance <= 60 then 7
            when has_same_shape and regexp_full_match(po_distance::varchar, '(?:[1-9]|18|27|36|45|54|63|72|81)0*') then 9
            else 8
        end::tinyint as po,
        case
            when number_l = number_r and stem_count <= 3 then 1
            when number_stem_l = number_stem_r and stem_count <= 3
                and (number_stem_l = number_r or number_stem_r = number_l) then 2
            else 0
        end::tinyint as number,
        case
            when requested_shift is null then 0
            when requested_shift = 0 then if(ordered_shift = 0, 1, 2)
            when ordered_shift = 0 then 3
            when abs(requested_shift - ordered_shift) <= 1 then 4
            else 5
        end::tinyint as requested,
        case
            when is_copy is null or not is_copy then 0
            when is_date_only and sides.gap = 0 then 7
            when sides.gap <= 30 then 1 when sides.gap <= 300 then 2 when sides.gap <= 3600 then 3
            when sides.gap <= 12 * 3600 then 4 when sides.gap <= 3 * 86400 then 5 else 6
        end::tinyint as copy,
        -- Customer, where it goes, who entered it and how.
        case
            when has_same_customer then 0
            when has_same_entity then 1
            when ship_l = ship_r and receiver_l = receiver_r then 2
            when has_same_phone and (ship_l = ship_r or ship_likeness is not null or receiver_likeness is not null) then 3
            when has_same_phone or ship_l = ship_r or receiver_l = receiver_r then 4
            else 5
        end::tinyint as customer,
        case
            when ship_l is null or ship_r is null then 0
            when ship_l = ship_r then 1
            when ship_likeness is not null then 2
            when ship_count >= 3 then 3 else 4
        end::tinyint as ship,
        case
            when receiver_l is null or receiver_r is null then 0
            when receiver_l = receiver_r then 1
            when receiver_likeness is not null then 2
            else 3
        end::tinyint as receiver,
        case when has_same_phone is null then 0 when has_same_phone then 1 else 2 end::tinyint as phone,
        case
            when has_same_channel is null then 0
            when not has_same_channel then 1
            when channel_sort = 'machine' then 2 when channel_sort = 'web' then 3 else 4
        end::tinyint as channel,
        case when has_same_operator is null then 0 when has_same_operator then 1 else 2 end::tinyint as operator,
        -- What became of the two orders, as far as that is known by now. What was returned needs no payment. Taken back
        -- whole before the later one came, or as the one of two that differ, the earlier was a slip.
        case
            when is_paid_l is null or is_paid_r is null then 0
            when is_returned_r then 0
            when is_paid_r then if(is_paid_l, 1, 3)
            when not is_due_r then 0
            when is_paid_l then 2
            else 4
        end::tinyint as payment,
        case
            when is_reversed_l then 3
            when is_returned_r or is_reversed_r then 1
            when is_returned_l then 2
            else 0
        end::tinyint as fate
    from sides
),
-- How many other orders that came in within the same ten minutes repeat something off rhythm.
repeats as (
    select id_r, any_value(bucket_r) as bucket_r, any_value(channel_r) as channel_r
    from compared
    where items <= 3 and rhythm in (1, 2, 3, 5, 6, 7) and bucket_r is not null
    group by id_r
),
bursts as (
    select id_r, if(channel_r is null, null, count(*) over (partition by bucket_r, channel_r)) as repeat_count
    from repeats
)
select
    pair,
    id_l,
    id_r,
    case
        when bursts.id_r is null or bursts.repeat_count = 1 then 0
        when bursts.repeat_count <= 3 then 1
        else 2
    end::tinyint as batch,
    hash(
        gap, calendar, rhythm, customer_rhythm, cadence, weekday, items, reach, repertoire, amount, chance, batch,
        po, number, requested, copy, customer, ship, receiver, phone, channel, operator, payment, fate
    ) as pattern,
    compared.* exclude (pair, id_l, id_r, channel_r, bucket_r)
from compared
left join bursts using (id_r)
