-- One row per order whose payment failed or was paid back, and is still open.
-- kind: payment_problem
-- title: Payment failed
-- silent_if: no_payment
-- prior: 0.5 at 3, 0.95 at 6
-- reason.failed: The payment of {failed_on} failed, and {open_amount:,.2f} {currency} has stayed open for {open_days:.0f} days since.
-- reason.paid_back: {refunded_amount:,.2f} {currency} was paid back on {refunded_on} though the order is {status}.
-- counterfactual.failed: Had {open_amount:,.2f} {currency} come in since, the order would not be flagged.
-- counterfactual.paid_back: Had the order been cancelled, or nothing paid back, it would not be flagged.
select
    order_id,
    case when failed_count > 0 and paid_amount < 0.98 * total_amount and refunded_amount = 0 then 'failed' else 'paid_back' end as variant,
    case
        when failed_count > 0 and refunded_amount = 0
            then 3 + least(epoch($now - last_failed_at) / 86400 / 4, 3)
        else 3.2
    end as anomaly_score,
    case when failed_count > 0 and refunded_amount = 0 then -difference else refunded_amount end as impact,
    case when failed_count > 0 and refunded_amount = 0 then 'customer_default' else 'data_entry' end as cause,
    {
        'failed_on': strftime(last_failed_at, '%Y-%m-%d'),
        'open_amount': -difference,
        'open_days': epoch($now - last_failed_at) / 86400,
        'refunded_amount': refunded_amount,
        'refunded_on': strftime(last_refunded_at, '%Y-%m-%d'),
        'status': status,
        'currency': currency
    } as evidence
from payment_orders
where (failed_count > 0 and paid_amount < 0.98 * total_amount and last_failed_at >= coalesce(last_paid_at, last_failed_at))
    or (refunded_amount > 0 and coalesce(status, '') not in ('returned', 'cancelled')
        and paid_amount < 0.98 * total_amount)
