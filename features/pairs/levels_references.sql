-- One row per candidate pair: customer PO, order number, requested date, and whether all that was entered is the same.
with sides as (
    select
        pairs.pair,
        l.po as po_l, r.po as po_r,
        l.po_stem as stem_l, r.po_stem as stem_r,
        abs(l.po_number - r.po_number) as po_distance,
        l.po_shape = r.po_shape as has_same_shape,
        uses.use_count - 1 - (r.second - l.second >= 4 * 3600 or l.basket is distinct from r.basket)::int as other_count,
        uses.span_days,
        customers.po_order_count, customers.po_count, customers.order_count as customer_order_count,
        coalesce(customers.has_dates_for_po, false) and r.po_beside_date is not null as is_date_r,
        coalesce(customers.has_dates_for_po, false) and l.po_beside_date is not null as is_date_l,
        l.number as number_l, r.number as number_r,
        l.number_stem = r.number_stem as has_same_stem, l.number_stem as number_stem_l, r.number_stem as number_stem_r,
        stems.order_count as stem_count,
        r.requested_on - l.requested_on as requested_shift,
        r.ordered_at::date - l.ordered_at::date as ordered_shift,
        r.second - l.second as gap,
        l.is_date_only and r.is_date_only as is_date_only,
        l.basket = r.basket and l.entity = r.entity and l.ship is not distinct from r.ship and po_l is not distinct from po_r
            and l.requested_on is not distinct from r.requested_on and l.channel is not distinct from r.channel as is_copy
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    left join habit_references as uses on uses.habit = hash(r.entity, r.po)
    left join habit_customers as customers on customers.entity = r.entity
    left join reach_numbers as stems on stems.number_stem = r.number_stem
)
select
    pair,
    case
        when po_l is null and po_r is null then 0
        when po_l is null then 1
        when po_r is null then
            if(customer_order_count >= 5 and po_order_count - 1 >= 0.85 * (customer_order_count - 2), 12, 1)
        when po_l = po_r then case
            when is_date_r then 10
            when other_count > 4 or (other_count > 0 and span_days > 45) then 4
            when po_order_count - 2 - coalesce(other_count, 0) >= 4
                and po_count - 1 < 0.7 * (po_order_count - 2 - coalesce(other_count, 0)) then 5
            when other_count > 0 then 3 else 2 end
        when is_date_l and is_date_r then 11
        when stem_l = po_r or stem_r = po_l then 6
        when has_same_shape and po_distance <= 60 then 7
        when has_same_shape and regexp_full_match(po_distance::varchar, '(?:[1-9]|18|27|36|45|54|63|72|81)0*') then 9
        else 8
    end::tinyint as po,
    case
        when number_l = number_r and stem_count <= 3 then 1
        when has_same_stem and stem_count <= 3 and (number_stem_l = number_r or number_stem_r = number_l) then 2
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
        when is_date_only and gap = 0 then 7
        when gap <= 30 then 1 when gap <= 300 then 2 when gap <= 3600 then 3 when gap <= 12 * 3600 then 4
        when gap <= 3 * 86400 then 5 else 6
    end::tinyint as copy
from sides
