-- One row per order whose payments do not match its total.
-- kind: payment_problem
-- title: Paid amount does not match
-- silent_if: no_payment
-- default: tolerance = 0.005    # share of the total that bank fees and rounding may take where history shows no habit
-- prior: 0.5 at 3, 0.95 at 6
-- reason.paid_twice: {repeated_amount:,.2f} {currency} was paid {count} times on an order of {total_amount:,.2f}.
-- reason.overpaid: {paid_amount:,.2f} {currency} was paid on an order of {total_amount:,.2f}: {difference:,.2f} too much.
-- reason.underpaid: {paid_amount:,.2f} {currency} was paid on an order of {total_amount:,.2f}: {difference:,.2f} short.
-- counterfactual.paid_twice: With {repeated_amount:,.2f} {currency} paid once the order would not be flagged.
-- counterfactual.overpaid: With {total_amount:,.2f} {currency} paid the order would not be flagged.
-- counterfactual.underpaid: With {total_amount:,.2f} {currency} paid the order would not be flagged.
with judged as (
    select
        orders.*,
        orders.difference > 0 and orders.same_amount_count >= 2
        and abs(orders.repeated_amount - orders.difference) <= 0.02 * orders.total_amount as is_twice,
        orders.order_id in (select paid_order_id from payment_transfers where is_one_transfer) as is_for_another
    from payment_orders as orders
    inner join payment_habits as habits using (customer_id)
    where orders.payment_count > 0
        and orders.refunded_amount = 0
        and abs(orders.difference_share) > $tolerance
        and abs(orders.difference) > 1
        and not orders.is_usual_difference
        and (
            orders.difference > 0
            -- What is short may still come, as late as this payer usually is and in as many parts.
            or orders.due_at + to_days(cast(greatest(7, habits.usual_late_days) as integer)) < $now
            and (habits.most_payments < 3 or orders.payment_count >= habits.most_payments)
            and not (orders.is_instalment and orders.last_paid_at > $now - interval 45 day)
        )
)
select
    order_id,
    case when is_twice then 'paid_twice' when difference > 0 then 'overpaid' else 'underpaid' end as variant,
    5 + 1.5 * log10(least(abs(difference_share), 1))
    + case when is_twice then 2 when abs(difference_share) > 0.03 then 1 else 0 end
    - case when is_for_another then 4 else 0 end as anomaly_score,
    abs(difference) as impact,
    case when difference < 0 then 'customer_default' else 'data_entry' end as cause,
    {
        'paid_amount': paid_amount,
        'total_amount': payable_amount,
        'difference': abs(difference),
        'repeated_amount': repeated_amount,
        'count': same_amount_count,
        'currency': currency
    } as evidence
from judged
where anomaly_score >= 1.3
