-- One row per order line.
-- kind: quantity_outlier
-- title: A digit too many or too few in the quantity
-- silent_if: usual_quantities
-- default: least_points = -2.2     # log-odds for a slip from which a line is told
-- default: digit_bonus = 1.9       # what an exact slip of a digit adds, in log-odds
-- prior: 0.5 at 0, 0.95 at 2.944
-- reason.extra_digit: {quantity:,.0f} ordered, {ratio:.0f} times the usual {usual:,.0f}; without the extra digit it is an earlier quantity of this customer.
-- reason.repeated_digit: {quantity:,.0f} ordered where this customer usually orders {usual:,.0f}; a digit seems typed twice.
-- reason.dropped_digit: {quantity:,.0f} ordered where this customer usually orders {usual:,.0f}; a digit seems to be missing.
-- counterfactual: With {usual:,.0f} ordered this line would not be flagged.
with judged as (
    select
        *,
        case
            when is_ten_times_an_earlier or is_hundred_times_an_earlier then 'extra_digit'
            when is_digit_repeated then 'repeated_digit'
        end as slip
    from quantity_suspects
    where deviation > 1 and quantity = floor(quantity)
),
dropped as (
    select
        *,
        -- a single piece is often ordered as such
        (-own_deviation / full_spread - 8) / 2 + case when is_ten_times_less then 1.5 else 0 end
        - case when quantity = 1 then 2 else 0 end as points_dropped
    from quantity_suspects
    where deviation < -1.5 and is_digit_dropped and spread < 0.3 and other_count > 0 and pair_count >= 3
),
found as (
    select
        order_id, line_no, slip as variant, points + $digit_bonus as anomaly_score,
        quantity, unit_price, expected, pair_count, own_deviation
    from judged
    where slip is not null
    union all
    select
        order_id, line_no, 'dropped_digit' as variant, points_dropped as anomaly_score,
        quantity, unit_price, expected, pair_count, own_deviation
    from dropped
)
select
    found.order_id,
    found.line_no,
    lines.product_id,
    found.variant,
    found.anomaly_score,
    abs(found.quantity - found.expected) * found.unit_price as impact,
    'data_entry' as cause,
    {
        'quantity': found.quantity,
        'usual': found.expected,
        'ratio': found.quantity / found.expected,
        'actual': found.quantity,
        'expected': round(found.expected, 1),
        'peer_group': 'customer and product',
        'peer_count': found.pair_count
    } as evidence
from found
inner join line_facts as lines using (order_id, line_no)
where found.anomaly_score >= $least_points
