-- One row per candidate pair: customer, where it goes, who entered it and how.
with sides as (
    select
        pairs.pair,
        l.customer = r.customer as has_same_customer,
        l.entity = r.entity as has_same_entity,
        l.ship as ship_l, r.ship as ship_r, near_addresses.likeness as ship_likeness,
        customers.ship_count,
        l.receiver as receiver_l, r.receiver as receiver_r, near_names.likeness as receiver_likeness,
        l.phone = r.phone as has_same_phone,
        l.channel = r.channel as has_same_channel, l.channel_sort as channel_sort,
        l.operator = r.operator as has_same_operator
    from candidate_pairs as pairs
    inner join pair_orders as l on l.id = pairs.id_l
    inner join pair_orders as r on r.id = pairs.id_r
    left join habit_customers as customers on customers.entity = r.entity
    left join near_addresses on near_addresses.two = hash(l.ship, r.ship) and l.ship <> r.ship
    left join near_names on near_names.two = hash(l.receiver, r.receiver) and l.receiver <> r.receiver
)
select
    pair,
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
    case when has_same_operator is null then 0 when has_same_operator then 1 else 2 end::tinyint as operator
from sides
