-- One row per order with a total: what was paid on it, when it was settled, what is still open.
-- default: settled_share = 0.98    # an order paid to this share counts as settled when habits are learned
with paid as (
    select
        order_id,
        sum(net_amount) as paid_amount,
        count(*) filter (where outcome = 'paid') as payment_count,
        count(*) filter (where outcome = 'failed') as failed_count,
        count(*) filter (where outcome = 'pending') as pending_count,
        coalesce(-sum(net_amount) filter (where outcome = 'refunded'), 0) as refunded_amount,
        max(paid_at) filter (where outcome = 'paid') as last_paid_at,
        max(paid_at) filter (where outcome = 'failed') as last_failed_at,
        max(paid_at) filter (where outcome = 'refunded') as last_refunded_at,
        max(same_amount_count) filter (where outcome = 'paid') as same_amount_count,
        arg_max(amount, same_amount_count) filter (where outcome = 'paid') as repeated_amount,
        max(amount) filter (where outcome = 'paid') as largest_amount
    from payment_facts
    group by order_id
),
settled as (
    select payment_facts.order_id, min(paid_at) as settled_at
    from payment_facts
    inner join orders using (order_id)
    where orders.total_amount > 0 and paid_so_far >= $settled_share * orders.total_amount
    group by payment_facts.order_id
),
joined as (
    select
        facts.order_id,
        facts.customer_id,
        facts.ordered_at,
        coalesce(facts.channel, '') as lane,
        facts.currency,
        facts.status,
        facts.segment,
        facts.shipped_at,
        facts.total_amount,
        facts.goods_value,
        coalesce(facts.payment_due_at, facts.ordered_at + to_days(customers.payment_terms_days)) as due_at,
        customers.credit_limit,
        coalesce(paid.paid_amount, 0) as paid_amount,
        coalesce(paid.paid_amount, 0) - facts.total_amount as difference,
        coalesce(paid.paid_amount, 0) / facts.total_amount - 1 as difference_share,
        coalesce(paid.payment_count, 0) as payment_count,
        coalesce(paid.failed_count, 0) as failed_count,
        coalesce(paid.pending_count, 0) as pending_count,
        coalesce(paid.refunded_amount, 0) as refunded_amount,
        coalesce(paid.same_amount_count, 0) as same_amount_count,
        paid.* exclude (
            order_id, paid_amount, payment_count, failed_count, pending_count, refunded_amount, same_amount_count
        ),
        settled.settled_at as fully_settled_at
    from order_facts as facts
    left join maybe_customers as customers using (customer_id)
    left join paid using (order_id)
    left join settled using (order_id)
    where facts.total_amount > 0
),
counted as (
    -- The same deduction again and again, or always a little, is agreed: bank fees, cash discount, withheld tax.
    select
        *,
        count(*) filter (where payment_count > 0) over customer as customer_paid_count,
        count(*) filter (where payment_count > 0 and difference_share between -0.04 and -0.001) over customer as little_short_count,
        count(*) over (partition by customer_id, payment_count > 0, round(difference_share, 3)) as same_share_count,
        count(*) over (partition by customer_id, payment_count > 0, round(difference, 1)) as same_difference_count
    from joined
    window customer as (partition by customer_id)
),
judged as (
    select
        *,
        payment_count > 0 and abs(difference_share) < 0.2 and (
            same_share_count >= greatest(3, 0.15 * customer_paid_count)
            or same_difference_count >= greatest(3, 0.15 * customer_paid_count)
            or (difference_share between -0.04 and -0.001 and little_short_count >= greatest(3, 0.3 * customer_paid_count))
        ) as is_usual_difference
    from counted
)
select
    * exclude (fully_settled_at),
    coalesce(fully_settled_at, case when is_usual_difference then last_paid_at end) as settled_at,
    epoch(coalesce(fully_settled_at, case when is_usual_difference then last_paid_at end) - due_at) / 86400 as late_days
from judged
