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
        min(amount) filter (where outcome = 'paid') as smallest_amount,
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
shipped as (
    -- Goods that were not shipped are not invoiced.
    select
        order_id,
        sum(least(coalesce(shipped_quantity, quantity), quantity) * unit_price * (1 - coalesce(discount, 0)))
        / nullif(sum(quantity * unit_price * (1 - coalesce(discount, 0))), 0) as shipped_share
    from order_lines
    group by order_id
),
usual as (
    select coalesce(channel, '') as lane, coalesce(currency, '') as currency, median(total_amount / goods_value) as usual_ratio
    from order_facts
    where total_amount > 0 and goods_value > 0
    group by coalesce(channel, ''), coalesce(currency, '')
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
        -- What can rightly be asked: the total, what the lines come to, or what of them was shipped; payments show which.
        list_extract(list_sort(list_transform(
            [
                facts.total_amount,
                facts.goods_value * usual.usual_ratio,
                case when facts.shipped_at is not null then facts.total_amount * shipped.shipped_share end,
                case when facts.shipped_at is not null then facts.goods_value * usual.usual_ratio * shipped.shipped_share end
            ],
            lambda asked: {
                'distance': round(abs(coalesce(paid.paid_amount, 0) - coalesce(nullif(asked, 0), facts.total_amount)), 2),
                'amount': coalesce(nullif(asked, 0), facts.total_amount)
            }
        )), 1).amount as best_amount,
        case when paid.paid_amount > 0 then best_amount else facts.total_amount end as payable_amount,
        coalesce(paid.paid_amount, 0) - payable_amount as difference,
        coalesce(paid.paid_amount, 0) / payable_amount - 1 as difference_share,
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
    left join shipped using (order_id)
    left join usual on usual.lane = coalesce(facts.channel, '') and usual.currency = coalesce(facts.currency, '')
    where facts.total_amount > 0
),
same_shares as (
    select customer_id, round(difference_share, 3) as difference_share, count(*) as same_share_count
    from joined
    where payment_count > 0
    group by customer_id, round(difference_share, 3)
),
same_differences as (
    select customer_id, round(difference, 1) as difference, count(*) as same_difference_count
    from joined
    where payment_count > 0
    group by customer_id, round(difference, 1)
),
counted as (
    select
        joined.*,
        payment_count > 0 and joined.difference_share between -0.2 and -0.001 as is_little_short,
        coalesce(same_share_count, 0) as same_share_count,
        coalesce(same_difference_count, 0) as same_difference_count
    from joined
    left join same_shares
        on same_shares.customer_id = joined.customer_id and same_shares.difference_share = round(joined.difference_share, 3)
    left join same_differences
        on same_differences.customer_id = joined.customer_id and same_differences.difference = round(joined.difference, 1)
),
habits as (
    -- The same deduction again and again, or always a little, is agreed: bank fees, cash discount, withheld tax.
    select
        customer_id,
        count(*) filter (where payment_count > 0) as paid_count,
        count(*) filter (where is_little_short and difference_share >= -0.04) as little_short_count,
        max(-difference) filter (where is_little_short and same_difference_count >= 3) as usual_fee
    from counted
    group by customer_id
),
fees as (
    -- What a bank takes is the same at many customers.
    select round(-difference, 1) as fee
    from counted
    where is_little_short
    group by round(-difference, 1)
    having count(distinct customer_id) >= 3 and count(*) >= 10
),
discounts as (
    -- So is what is taken off for paying early.
    select round(difference_share, 3) as discount
    from counted
    where is_little_short and difference_share >= -0.04
    group by round(difference_share, 3)
    having count(distinct customer_id) >= 3 and count(*) >= 10
),
judged as (
    select
        counted.*,
        payment_count > 0 and (
            abs(difference_share) < 0.2 and same_share_count >= greatest(3, 0.15 * paid_count)
            or is_little_short and -difference <= habits.usual_fee + 0.05
            or is_little_short and (-difference <= (select max(fee) from fees) or discounts.discount is not null)
            or is_little_short and difference_share >= -0.04 and little_short_count >= greatest(3, 0.3 * paid_count)
        ) as is_usual_difference
    from counted
    inner join habits using (customer_id)
    left join discounts on discounts.discount = round(counted.difference_share, 3)
),
closed as (
    select
        *,
        coalesce(
            fully_settled_at,
            case when is_usual_difference or (paid_amount > 0 and paid_amount >= $settled_share * payable_amount) then last_paid_at end
        ) as settled_at
    from judged
)
select
    * exclude (fully_settled_at),
    -- Equal parts of a half, a third, a quarter: a plan that is still running.
    payment_count between 1 and 11
    and settled_at is null
    and largest_amount - smallest_amount <= 0.02 * largest_amount
    and abs(payable_amount / largest_amount - round(payable_amount / largest_amount)) <= 0.01 * payable_amount / largest_amount
    and round(payable_amount / largest_amount) between 2 and 12 as is_instalment,
    epoch(settled_at - due_at) / 86400 as late_days
from closed
