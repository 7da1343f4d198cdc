-- One row per order whose payments do not match its total.
-- kind: payment_problem
-- title: Paid amount does not match
-- default: tolerance = 0.005    # share of the total that bank fees and rounding may take where history shows no habit
-- prior: 0.5 at 3, 0.95 at 6
-- reason.paid_twice: {repeated_amount:,.2f} {currency} was paid {count} times on an order of {total_amount:,.2f}.
-- reason.overpaid: {paid_amount:,.2f} {currency} was paid on an order of {total_amount:,.2f}: {difference:,.2f} too much.
-- reason.underpaid: {paid_amount:,.2f} {currency} was paid on an order of {total_amount:,.2f}: {difference:,.2f} short.
with paid as (
    select
        orders.*,
        orders.paid_amount - orders.total_amount as difference,
        orders.paid_amount / orders.total_amount - 1 as share
    from payment_orders as orders
    where orders.payment_count > 0 and orders.refunded_amount = 0
),
habits as (
    -- The same deduction again and again is agreed: bank fees, cash discount, withheld tax.
    select
        *,
        count(*) over (partition by customer_id) as customer_count,
        count(*) over (partition by customer_id, round(share, 3)) as same_share_count,
        count(*) over (partition by customer_id, round(difference, 2)) as same_difference_count,
        count(*) over (partition by round(difference, 2)) as everywhere_count
    from paid
),
judged as (
    select *
    from habits
    where abs(share) > $tolerance
        and abs(difference) > 1
        and (difference > 0 or last_paid_at < $now - interval 7 day and due_at < $now)
)
select
    order_id,
    case
        when difference > 0 and same_amount_count >= 2 and abs(repeated_amount - difference) <= 0.02 * total_amount then 'paid_twice'
        when difference > 0 then 'overpaid'
        else 'underpaid'
    end as variant,
    4.5 + log10(least(abs(share), 1)) * 1.5
    + case when difference > 0 and same_amount_count >= 2 and abs(repeated_amount - difference) <= 0.02 * total_amount then 2 else 0 end
    + case when abs(share) > 0.05 then 1 else 0 end
    - case when same_share_count >= 3 or same_difference_count >= 3 then 4 else 0 end
    - case when everywhere_count >= 5 then 2 else 0 end as anomaly_score,
    abs(difference) as impact,
    case when difference < 0 then 'customer_default' else 'data_entry' end as cause,
    {
        'paid_amount': paid_amount,
        'total_amount': total_amount,
        'difference': abs(difference),
        'repeated_amount': repeated_amount,
        'count': same_amount_count,
        'currency': currency
    } as evidence
from judged
where anomaly_score >= 1.3
