-- One row per order line.
-- kind: price_error
-- title: Transposed digits in the unit price
-- silent_if: usual_prices
-- prior: 0.5 at 2, 0.95 at 3.5
-- reason.transposed_digits: Unit price {actual:,.2f} is {expected:,.2f} with two digits swapped ({expected_by}).
-- counterfactual: At {expected:,.2f} this line would not be flagged.
with known as (
    select
        suspects.* exclude (product_id, customer_id),
        line_facts.unit_price,
        line_facts.discount,
        line_facts.quantity,
        line_facts.product_id,
        unnest(list_distinct([
            round(100 * exp(suspects.log_expected) / (1 - line_facts.discount)),
            round(100 * exp(suspects.log_expected)),
            round(100 * exp(suspects.log_list)),
            round(100 * exp(suspects.log_contract))
        ])) as cents
    from price_suspects as suspects
    inner join line_facts using (order_id, line_no)
    where line_facts.discount < 1 and abs(suspects.deviation) < 2.3
),
spelled as (
    select *, printf('%d', round(100 * unit_price)::bigint) as typed, printf('%d', cents::bigint) as meant from known
)
select
    order_id,
    line_no,
    product_id,
    'transposed_digits' as variant,
    -- a swap explains a price exactly, and few prices are a swap away from another
    least(surprise, 4) + 1 - habit_discount as anomaly_score,
    abs(unit_price - cents / 100) * (1 - discount) * abs(quantity) as impact,
    'data_entry' as cause,
    {
        'actual': unit_price,
        'expected': cents / 100,
        'expected_by': expected_by,
        'earlier_price_count': expected_count
    } as evidence
from spelled
where
    typed <> meant
    and length(typed) = length(meant)
    and list_contains(
        list_transform(
            range(1, length(meant)),
            lambda place: substr(meant, 1, place - 1) || substr(meant, place + 1, 1) || substr(meant, place, 1) || substr(meant, place + 2)
        ),
        typed
    )
qualify row_number() over (partition by order_id, line_no order by abs(unit_price - cents / 100)) = 1
