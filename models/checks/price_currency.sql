-- One row per order line.
-- kind: price_error
-- title: Price in another currency
-- silent_if: usual_prices
-- default: tolerance = 0.02    # how far, in logs, the price may be from the usual one at an exchange rate
-- prior: 0.5 at 2.4, 0.95 at 3.8
-- reason.wrong_currency: Unit price {actual:,.2f} {currency} is the usual {expected:,.2f} ({expected_by}) at {rate:,.4g}, the rate of {other_currency}: the price was entered in the wrong currency.
-- counterfactual: At {expected:,.2f} this line would not be flagged.
with judged as (
    select
        suspects.* exclude (product_id, customer_id),
        line_facts.product_id,
        line_facts.unit_price,
        line_facts.discount,
        line_facts.quantity,
        rates.other_currency,
        rates.log_rate,
        rates.is_seen,
        least(
            abs(suspects.deviation - rates.log_rate), abs(suspects.gaps[2] - rates.log_rate), abs(suspects.gaps[4] - rates.log_rate)
        ) as miss
    from price_suspects as suspects
    inner join line_facts using (order_id, line_no)
    inner join price_currencies as rates on rates.currency = suspects.currency
)
select
    order_id,
    line_no,
    product_id,
    'wrong_currency' as variant,
    least(surprise, 5) + case when is_seen then 1 else 0.3 end - 10 * miss - habit_discount as anomaly_score,
    abs(unit_price * (1 - discount) - exp(log_expected)) * abs(quantity) as impact,
    'data_entry' as cause,
    {
        'actual': unit_price,
        'currency': currency,
        'expected': exp(log_expected),
        'expected_by': expected_by,
        'rate': exp(log_rate),
        'other_currency': other_currency
    } as evidence
from judged
-- a rate near one is easily met by chance
where miss <= case when abs(log_rate) < 0.3 then $tolerance / 3 when is_seen then $tolerance else 2 * $tolerance end
qualify row_number() over (partition by order_id, line_no order by anomaly_score desc) = 1
