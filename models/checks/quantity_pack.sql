-- One row per order line.
-- kind: quantity_outlier
-- title: Cases and single pieces mixed up in the quantity
-- silent_if: usual_quantities
-- default: least_points = -2.2     # log-odds for a slip from which a line is told
-- default: pack_bonus = 0.7        # what an exact multiple of a pack adds, in log-odds
-- prior: 0.5 at 0, 0.95 at 2.944
-- reason.pack: {quantity:,.0f} ordered, {pack_size:.0f} times {earlier:,.0f}, which this customer usually orders: pieces may have been entered for packs of {pack_size:.0f}.
-- counterfactual: With {earlier:,.0f} ordered this line would not be flagged.
select
    order_id,
    line_no,
    lines.product_id,
    'pack' as variant,
    points + $pack_bonus as anomaly_score,
    (suspects.quantity - expected) * suspects.unit_price as impact,
    'unit_of_measure' as cause,
    {
        'quantity': suspects.quantity,
        'pack_size': pack_size,
        'earlier': suspects.quantity / pack_size,
        'actual': suspects.quantity,
        'expected': round(expected, 1),
        'ratio': suspects.quantity / expected,
        'peer_group': 'customer and product',
        'peer_count': pair_count
    } as evidence
from quantity_suspects as suspects
inner join line_facts as lines using (order_id, line_no)
where deviation > 1.5
    and pack_size >= 6
    and pair_count >= 3
    and abs(deviation - ln(pack_size)) < 0.2
    and not is_ten_times_an_earlier
    and not is_hundred_times_an_earlier
    and not is_digit_repeated
    and points + $pack_bonus >= $least_points
