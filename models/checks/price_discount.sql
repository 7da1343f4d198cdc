-- One row per order line.
-- kind: price_error
-- title: Discount that nobody agreed
-- silent_if: usual_prices
-- default: minimum_discount = 0.03    # smaller discounts are not worth a question
-- default: maximum_discount = 0.75    # a price below that is rather a mistake than a favour
-- prior: 0.5 at 1.9, 0.95 at 3.4
-- reason.discount: Discount of {discount:.0%} on the line, net {actual:,.2f} instead of {expected:,.2f} ({expected_by}); no contract, promotion or quantity explains it.
-- reason.low_price: Net price {actual:,.2f} is {cut:.0%} below {expected:,.2f} ({expected_by}); no contract, promotion or quantity explains it.
-- reason.other_contract: Net price {actual:,.2f} is the contract price of another customer; {expected:,.2f} was due ({expected_by}).
-- counterfactual: At a net price of {expected:,.2f} this line would not be flagged.
with off as (
    select
        suspects.* exclude (product_id, customer_id),
        line_facts.product_id,
        line_facts.unit_price,
        line_facts.discount,
        line_facts.quantity,
        line_facts.unit_price * (1 - line_facts.discount) as net_price,
        1 - exp(suspects.deviation) as cut,
        exists (
            select 1 from maybe_prices as prices
            where prices.product_id = line_facts.product_id and prices.customer_id <> line_facts.customer_id
            and abs(prices.unit_price / net_price - 1) < 0.002
        ) as is_other_contract
    from price_suspects as suspects
    inner join line_facts using (order_id, line_no)
    where suspects.deviation < 0
)
select
    order_id,
    line_no,
    product_id,
    case when is_other_contract then 'other_contract' when discount > 0.005 then 'discount' else 'low_price' end as variant,
    least(surprise, 4) + case when discount > 0.005 then 0.3 else 0 end - habit_discount as anomaly_score,
    (exp(log_expected) - net_price) * abs(quantity) as impact,
    'unauthorised_discount' as cause,
    {
        'actual': net_price,
        'expected': exp(log_expected),
        'expected_by': expected_by,
        'earlier_price_count': expected_count,
        'discount': discount,
        'cut': cut
    } as evidence
from off
where cut between $minimum_discount and $maximum_discount
