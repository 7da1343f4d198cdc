-- One row per order line.
-- kind: quantity_outlier
-- title: Quantity that can't be ordered
-- silent_if: whole_quantities
-- default: usual_share = 0.02      # a sort of quantity rarer than this among all lines is not how this company works
-- prior: 0.5 at 1, 0.95 at 2
-- reason.not_positive: The quantity is {quantity:,.0f}; {positive_share:.1f} % of all lines have one above zero.
-- reason.fraction: The quantity {quantity:,.2f} is no whole number; all {peer_count} other lines of the product have one.
-- counterfactual.not_positive: With a quantity above zero, or booked as a return, this line would not be flagged.
-- counterfactual.fraction: With a whole number ordered this line would not be flagged.
with shares as (
    select sum(positive_count) / sum(line_count) as positive_share from quantity_wholes
)
select
    lines.order_id,
    lines.line_no,
    lines.product_id,
    case when lines.quantity <= 0 then 'not_positive' else 'fraction' end as variant,
    case
        when lines.quantity > 0 then 1.3 + least(0.7, wholes.line_count / 100)
        when 1 - shares.positive_share < $usual_share / 10 then 2.5
        else 1.2
    end as anomaly_score,
    abs(lines.net_value) as impact,
    'data_entry' as cause,
    {
        'quantity': lines.quantity,
        'positive_share': 100 * shares.positive_share,
        'actual': lines.quantity,
        'peer_group': 'product',
        'peer_count': wholes.line_count - 1
    } as evidence
from line_facts as lines
inner join quantity_wholes as wholes using (product_id)
cross join shares
where coalesce(lines.status, '') <> 'returned'
    and (
        (lines.quantity <= 0 and 1 - shares.positive_share < $usual_share)
        or (lines.quantity > 0 and lines.quantity <> floor(lines.quantity)
            and wholes.fraction_count = 1 and wholes.line_count >= 20)
    )
