-- One row per order line.
-- kind: price_error
-- title: Decimal slip in the unit price
-- silent_if: usual_prices
-- default: tolerance = 0.12    # how far, in logs, the price may be from ten, a hundred or a thousand times a known one
-- prior: 0.5 at 2.2, 0.95 at 3.6
-- reason.decimal_slip: Unit price {actual:,.2f} is {factor:,.6g} times {expected:,.2f}, the usual price ({expected_by}); a shifted decimal point explains it.
-- counterfactual: At {expected:,.2f} this line would not be flagged.
with hypotheses as (
    select
        suspects.* exclude (product_id, customer_id),
        unnest([0.001, 0.01, 0.1, 10.0, 100.0, 1000.0]) as factor
    from price_suspects as suspects
    where abs(deviation) > 1.8
),
judged as (
    select *, list_min(list_transform(gaps, lambda gap: abs(gap - ln(factor)))) as miss
    from hypotheses
)
select
    judged.order_id,
    judged.line_no,
    line_facts.product_id,
    'decimal_slip' as variant,
    least(judged.surprise, 5) + 1 - 10 * judged.miss - judged.habit_discount as anomaly_score,
    abs(line_facts.unit_price * (1 - line_facts.discount) - exp(judged.log_expected)) * abs(line_facts.quantity) as impact,
    'data_entry' as cause,
    {
        'actual': line_facts.unit_price,
        'factor': judged.factor,
        'expected': exp(judged.log_expected),
        'expected_by': judged.expected_by,
        'earlier_price_count': judged.expected_count
    } as evidence
from judged
inner join line_facts using (order_id, line_no)
where miss <= $tolerance
