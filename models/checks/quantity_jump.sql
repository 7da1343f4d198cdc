-- One row per order line.
-- kind: quantity_outlier
-- title: Quantity far beyond the customer's usual
-- silent_if: usual_quantities
-- default: least_points = -2.2     # log-odds for a slip from which a line is told
-- default: noticed = 6             # from so many times the usual on nobody sends goods without asking, unless a slip disguises it
-- prior: 0.5 at 0, 0.95 at 2.944
-- reason.own_habit: {quantity:,.0f} ordered, {ratio:.1f} times the {usual:,.0f} that this customer usually orders of the product ({peer_count} order days; at most {highest:,.0f} before); the rest of the order is as usual.
-- reason.peers: {quantity:,.0f} ordered, {ratio:.0f} times the {usual:,.0f} that customers like this one order of the product.
-- counterfactual: With {usual:,.0f} ordered this line would not be flagged.
select
    order_id,
    line_no,
    lines.product_id,
    case when pair_count > 0 then 'own_habit' else 'peers' end as variant,
    -- What was picked and sent, far beyond the usual, in a number that no slip of the hand makes of an earlier one, was wanted.
    points - case
        when pair_count > 0
            and lines.shipped_quantity > $noticed / 2 * expected
            and pack_size = 0
            and not is_ten_times_an_earlier
            and not is_hundred_times_an_earlier
            and not is_digit_repeated
            then least(4.5, 20 * greatest(0, ln(suspects.quantity / expected / $noticed)))
        else 0
    end as anomaly_score,
    (suspects.quantity - expected) * suspects.unit_price as impact,
    'data_entry' as cause,
    {
        'quantity': suspects.quantity,
        'usual': expected,
        'highest': highest,
        'ratio': suspects.quantity / expected,
        'actual': suspects.quantity,
        'expected': round(expected, 1),
        'spread': full_spread,
        'peer_group': case when pair_count > 0 then 'customer and product' else 'product and segment' end,
        'peer_count': case when pair_count > 0 then pair_count else peer_count + product_count end
    } as evidence
from quantity_suspects as suspects
inner join line_facts as lines using (order_id, line_no)
where deviation > 1 and anomaly_score >= $least_points
