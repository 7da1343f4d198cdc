-- One row per order that took its customer over the credit limit.
-- kind: payment_problem
-- title: Over the credit limit
-- silent_if: within_credit
-- prior: 0.5 at 3, 0.95 at 5.2
-- reason.over_limit: With this order the customer owed {exposure:,.2f} {currency}, {percent:.0f} % of the credit limit of {credit_limit:,.2f}; {earlier_over_count} of {earlier_count} earlier orders went over it.
-- counterfactual: With a limit of {exposure:,.2f} {currency}, or as much less owed, the order would not be flagged.
with company as (
    select avg((exposure > credit_limit)::integer) as over_share
    from payment_exposures
)
select
    order_id,
    'over_limit' as variant,
    2.8 + 20 * ln(least(exposure / credit_limit, 1.2)) + ln(exposure / credit_limit)
    -- A limit that is passed all the time is out of date.
    - 9 * greatest(earlier_over_count / (earlier_count + 4), (over_count - 1) / (order_count + 4))
    - case when exposure / credit_limit <= coalesce(earlier_highest, 0) then 1 else 0 end
    -- Limits that every tenth order passes are not kept by this company, and nobody holds an order for them.
    - 60 * greatest(company.over_share - 0.01, 0) as anomaly_score,
    exposure - credit_limit as impact,
    'customer_default' as cause,
    {
        'exposure': exposure,
        'credit_limit': credit_limit,
        'percent': 100 * exposure / credit_limit,
        'currency': currency,
        'earlier_count': earlier_count,
        'earlier_over_count': earlier_over_count
    } as evidence
from payment_exposures
inner join payment_habits as habits using (customer_id)
cross join company
where exposure > credit_limit and habits.lane_paid_share > 0.7 and anomaly_score >= 1.3
