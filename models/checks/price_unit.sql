-- One row per order line.
-- kind: price_error
-- title: Price per case on a line counted in pieces, or the other way round
-- silent_if: usual_prices
-- default: tolerance = 0.03    # how far, in logs, the price may be from a whole multiple of the usual one
-- prior: 0.5 at 2.2, 0.95 at 3.6
-- reason.case_price: Unit price {actual:,.2f} is {pack_size:.0f} times the usual {expected:,.2f} ({expected_by}): the price of a case of {pack_size:.0f} on single pieces.
-- reason.piece_price: Unit price {actual:,.2f} is a {pack_size:.0f}th of the usual {expected:,.2f} ({expected_by}): the price of a piece on a case of {pack_size:.0f}.
-- counterfactual: At {expected:,.2f} this line would not be flagged.
with off as (
    select
        suspects.* exclude (product_id, customer_id),
        line_facts.product_id,
        line_facts.unit_price,
        line_facts.discount,
        line_facts.quantity,
        quantities.deviation as quantity_deviation,
        list_transform(
            regexp_extract_all(concat_ws(' ', line_facts.unit, line_facts.product_name, products.specification), '\d+'),
            lambda number: try_cast(number as integer)
        ) as stated_sizes
    from price_suspects as suspects
    inner join line_facts using (order_id, line_no)
    left join maybe_products as products on products.product_id = line_facts.product_id
    left join quantity_expectations as quantities using (order_id, line_no)
    where abs(suspects.deviation) between 0.6 and 6
),
hypotheses as (
    select *, unnest([2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 36, 40, 48, 50, 60, 72, 96, 100, 120, 144]) as pack_size
    from off
),
judged as (
    select
        *,
        list_min(list_transform(gaps, lambda gap: abs(abs(gap) - ln(pack_size)))) as miss,
        case when list_contains(stated_sizes, pack_size) then 1 when pack_size in (6, 12, 24, 48, 144) then 0.6 when pack_size in (10, 100) then -0.5 else 0 end
            as plausibility
    from hypotheses
)
select
    order_id,
    line_no,
    product_id,
    case when deviation > 0 then 'case_price' else 'piece_price' end as variant,
    -- a quantity that is off by the same factor the other way means a case was sold and priced: the amount is right
    least(surprise, 5) + 0.3 + plausibility - 20 * miss - habit_discount
    - case when abs(quantity_deviation + deviation) < 0.4 then 1.5 else 0 end as anomaly_score,
    abs(unit_price * (1 - discount) - exp(log_expected)) * abs(quantity) as impact,
    'unit_of_measure' as cause,
    {
        'actual': unit_price,
        'pack_size': pack_size,
        'expected': exp(log_expected),
        'expected_by': expected_by,
        'earlier_price_count': expected_count
    } as evidence
from judged
where miss <= $tolerance
qualify row_number() over (partition by order_id, line_no order by anomaly_score desc) = 1
