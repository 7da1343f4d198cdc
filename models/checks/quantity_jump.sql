-- One row per order line.
-- kind: quantity_outlier
-- title: Quantity far beyond the customer's usual
-- silent_if: usual_quantities
-- default: least_points = -2.2     # log-odds for a slip from which a line is told
-- prior: 0.5 at 0, 0.95 at 2.944
-- reason.own_habit: {quantity:,.0f} ordered, {ratio:.1f} times the {usual:,.0f} that this customer usually orders of the product ({peer_count} order days; at most {highest:,.0f} before); the rest of the order is as usual.
-- reason.peers: {quantity:,.0f} ordered, {ratio:.0f} times the {usual:,.0f} that customers like this one order of the product.
select
    order_id,
    line_no,
    lines.product_id,
    case when pair_count > 0 then 'own_habit' else 'peers' end as variant,
    points as anomaly_score,
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
where deviation > 1 and points >= $least_points
