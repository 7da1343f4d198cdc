-- One row per order line.
-- kind: price_error
-- title: Price far from what is usual
-- silent_if: usual_prices
-- default: minimum_difference = 0.08    # smaller differences, in logs, are left alone
-- prior: 0.5 at 2.9, 0.9 at 4.5
-- reason.too_high: Net price {actual:,.2f} is {percent:.0%} above {expected:,.2f} ({expected_by}).
-- reason.too_low: Net price {actual:,.2f} is {percent:.0%} below {expected:,.2f} ({expected_by}).
-- counterfactual: At a net price of {expected:,.2f} this line would not be flagged.
select
    suspects.order_id,
    suspects.line_no,
    line_facts.product_id,
    case when suspects.deviation > 0 then 'too_high' else 'too_low' end as variant,
    least(suspects.surprise, 5) - suspects.habit_discount as anomaly_score,
    abs(line_facts.unit_price * (1 - line_facts.discount) - exp(suspects.log_expected)) * abs(line_facts.quantity) as impact,
    'unknown' as cause,
    {
        'actual': line_facts.unit_price * (1 - line_facts.discount),
        'expected': exp(suspects.log_expected),
        'expected_by': suspects.expected_by,
        'earlier_price_count': suspects.expected_count,
        'percent': abs(exp(suspects.deviation) - 1)
    } as evidence
from price_suspects as suspects
inner join line_facts using (order_id, line_no)
where abs(suspects.deviation) >= $minimum_difference
