-- One row per payment: what its status word means, and the amount that really came in (refunds negative).
with stated as (
    select
        *,
        lower(coalesce(status, '')) as word
    from payments
),
read as (
    select
        * exclude (word),
        case
            when regexp_matches(word, 'fail|declin|reject|bounc|cancel|void|chargeback|revers|dispute|expired|失败|拒|撤销|取消') then 'failed'
            when regexp_matches(word, 'refund|退') or amount < 0 then 'refunded'
            when regexp_matches(word, 'pend|open|process|authori[sz]ed|wait|schedul|待|处理中') then 'pending'
            else 'paid'
        end as outcome
    from stated
)
select
    payment_id,
    order_id,
    paid_at,
    amount,
    method,
    status,
    outcome,
    case outcome when 'paid' then amount when 'refunded' then -abs(amount) else 0 end as net_amount,
    sum(case outcome when 'paid' then amount when 'refunded' then -abs(amount) else 0 end) over (
        partition by order_id
        order by paid_at, payment_id
    ) as paid_so_far,
    count(*) filter (where outcome = 'paid') over (partition by order_id, amount) as same_amount_count
from read
