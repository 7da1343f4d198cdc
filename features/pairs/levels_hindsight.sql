-- One row per candidate pair: what became of the two orders, as far as that is known by now.
-- What was returned needs no payment. Taken back whole before the later one came, or as the one of two that differ,
-- the earlier was a slip.
select
    pairs.pair,
    case
        when paid_l.is_paid is null or paid_r.is_paid is null then 0
        when r.is_returned then 0
        when paid_r.is_paid then if(paid_l.is_paid, 1, 3)
        when not paid_r.is_due then 0
        when paid_l.is_paid then 2
        else 4
    end::tinyint as payment,
    case
        when reversed_l.reversed_second <= r.second or (reversed_l.id is not null and l.basket <> r.basket) then 3
        when r.is_returned or reversed_r.reversed_second is not null then 1
        when l.is_returned then 2
        else 0
    end::tinyint as fate
from candidate_pairs as pairs
inner join pair_orders as l on l.id = pairs.id_l
inner join pair_orders as r on r.id = pairs.id_r
left join order_payments as paid_l on paid_l.id = pairs.id_l
left join order_payments as paid_r on paid_r.id = pairs.id_r
left join order_reversals as reversed_l on reversed_l.id = pairs.id_l
left join order_reversals as reversed_r on reversed_r.id = pairs.id_r
