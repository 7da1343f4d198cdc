-- One row per order with a total: what was paid on it, when it was settled, what is still open.
-- default: settled_share = 0.98    # an order paid to this share counts as settled when habits are learned
with paid as (
    select
        order_id,
        sum(net_amount) as paid_amount,
        count(*) filter (where outcome = 'paid') as payment_count,
        count(*) filter (where outcome = 'failed') as failed_count,
        count(*) filter (where outcome = 'pending') as pending_count,
        -sum(net_amount) filter (where outcome = 'refunded') as refunded_amount,
        min(paid_at) filter (where outcome = 'paid') as first_paid_at,
        max(paid_at) filter (where outcome = 'paid') as last_paid_at,
        max(paid_at) filter (where outcome = 'failed') as last_failed_at,
        max(paid_at) filter (where outcome = 'refunded') as last_refunded_at,
        max(same_amount_count) filter (where outcome = 'paid') as same_amount_count,
        arg_max(amount, same_amount_count) filter (where outcome = 'paid') as repeated_amount,
        mode(method) as method
    from payment_facts
    group by order_id
),
settled as (
    select payment_facts.order_id, min(paid_at) as settled_at
    from payment_facts
    inner join orders using (order_id)
    where orders.total_amount > 0 and paid_so_far >= $settled_share * orders.total_amount
    group by payment_facts.order_id
)
select
    facts.order_id,
    facts.customer_id,
    facts.ordered_at,
    facts.channel,
    facts.currency,
    facts.status,
    facts.segment,
    facts.shipped_at,
    facts.delivered_at,
    facts.total_amount,
    facts.goods_value,
    coalesce(facts.payment_due_at, facts.ordered_at + to_days(customers.payment_terms_days)) as due_at,
    customers.credit_limit,
    coalesce(paid.paid_amount, 0) as paid_amount,
    facts.total_amount - coalesce(paid.paid_amount, 0) as open_amount,
    coalesce(paid.payment_count, 0) as payment_count,
    coalesce(paid.failed_count, 0) as failed_count,
    coalesce(paid.pending_count, 0) as pending_count,
    coalesce(paid.refunded_amount, 0) as refunded_amount,
    paid.first_paid_at,
    paid.last_paid_at,
    paid.last_failed_at,
    paid.last_refunded_at,
    coalesce(paid.same_amount_count, 0) as same_amount_count,
    paid.repeated_amount,
    paid.method,
    settled.settled_at,
    epoch(settled.settled_at - coalesce(facts.payment_due_at, facts.ordered_at + to_days(customers.payment_terms_days)))
    / 86400 as late_days
from order_facts as facts
left join maybe_customers as customers using (customer_id)
left join paid using (order_id)
left join settled using (order_id)
where facts.total_amount > 0
