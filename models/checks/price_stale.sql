-- One row per order line.
-- kind: price_error
-- title: Price that was replaced by a newer one
-- silent_if: usual_prices
-- default: grace_days = 7    # orders taken this long after a price change may keep the old price
-- default: minimum_change = 0.012    # smaller price changes, in logs, are not worth a correction
-- prior: 0.5 at 1.6, 0.95 at 4
-- prior.contract_ignored: 0.5 at 1.5, 0.85 at 3.5
-- reason.old_list_price: Net price {actual:,.2f} follows the list price {old_price:,.2f} that {list_price:,.2f} replaced {days:.0f} days before; {expected:,.2f} was due.
-- reason.contract_ignored: Net price {actual:,.2f} where the contract of {since} says {expected:,.2f}, which this customer paid before.
-- reason.old_contract_price: Net price {actual:,.2f} follows the contract price that {expected:,.2f} replaced {days:.0f} days before.
-- counterfactual: At a net price of {expected:,.2f} this line would not be flagged.
with off as (
    select
        suspects.* exclude (product_id, customer_id),
        line_facts.product_id,
        line_facts.quantity,
        line_facts.ordered_at,
        line_facts.unit_price * (1 - line_facts.discount) as net_price,
        suspects.deviation / greatest(suspects.width / 1.35, 0.006) as sharp_z,
        -log10(1 - 2 / pi() * (atan(abs(sharp_z) / sqrt(3)) + sqrt(3) * abs(sharp_z) / (sharp_z * sharp_z + 3)) + 1e-9)
            as sharp_surprise
    from price_suspects as suspects
    inner join line_facts using (order_id, line_no)
),
judged as (
    select
        *,
        case
            when expected_by = 'contract' and abs(ln(net_price / terms.previous_contract_price) - contract_log_rate) <= tolerance then 'old_contract_price'
            when expected_by = 'contract' and deviation > 0 and abs(ln(net_price) - log_list) < 0.3
                then 'contract_ignored'
            when least(
                abs(deviation - ln(terms.previous_list_price / terms.list_price)),
                abs(deviation - ln(terms.older_list_price / terms.list_price))
            ) <= tolerance then 'old_list_price'
        end as variant,
        case variant when 'old_contract_price' then terms.contract_from else terms.list_from end as replaced_at,
        date_diff('day', replaced_at, ordered_at) as days
    from off
)
select
    order_id,
    line_no,
    product_id,
    variant,
    least(sharp_surprise, 4) + 0.5 - habit_discount as anomaly_score,
    abs(net_price - exp(log_expected)) * abs(quantity) as impact,
    'stale_master_data' as cause,
    {
        'actual': net_price,
        'expected': exp(log_expected),
        'expected_by': expected_by,
        'old_price': case
            when abs(deviation - ln(terms.previous_list_price / terms.list_price)) <= tolerance then terms.previous_list_price
            else terms.older_list_price
        end,
        'list_price': terms.list_price,
        'since': strftime(terms.contract_from, '%Y-%m-%d'),
        'days': days
    } as evidence
from judged
where
    variant is not null
    and abs(deviation) >= $minimum_change
    and (variant = 'contract_ignored' or days > $grace_days)
