-- One row per order whose total does not follow from its lines.
-- kind: order_info
-- title: Total does not add up
-- silent_if: usual_total
-- prior: 0.5 at 1.2, 0.95 at 2
-- reason.total_mismatch: The total is {actual:,.2f} but the lines add up to {expected:,.2f}; {usual_percent:.1f} % of such orders add up.
-- reason.nothing_added: The total is {actual:,.2f}, the bare sum of the lines; {usual_percent:.1f} % of such orders have tax or freight on top.
-- reason.discount_ignored: The total is {actual:,.2f}, the lines without their discounts; with them it would be {expected:,.2f}.
-- reason.total_zero: The total is {actual:,.2f} although the lines add up to {expected:,.2f}.
-- counterfactual: With a total of {expected:,.2f} the order would not be flagged.
-- counterfactual.nothing_added: With tax or freight on top of {expected:,.2f}, as is usual, the order would not be flagged.
select
    order_id,
    case
        when total_amount <= 0 then 'total_zero'
        when abs(extra) <= rounding then 'nothing_added'
        when abs(total_amount - gross_value) <= rounding and gross_value > goods_value + rounding then 'discount_ignored'
        else 'total_mismatch'
    end as variant,
    case
        when unexplained_share < 0.05 then least(-log10(unexplained_share + 0.001), 2.5)
        -- A source with free extras: a total below its lines where that does not happen, or far outside the spread.
        when extra < -rounding and below_share < 0.01 then least(-log10(below_share + 0.001), 2)
        else 1.8 * greatest(low_log_ratio - ln(greatest(ratio, 0.001)), ln(greatest(ratio, 0.001)) - high_log_ratio)
            / greatest(high_log_ratio - low_log_ratio, 0.05)
    end
    - case when abs(extra) <= rounding then 0.7 when abs(extra) < 0.003 * goods_value then 0.5 else 0 end as anomaly_score,
    abs(extra) as impact,
    'data_entry' as cause,
    {
        'actual': total_amount,
        'expected': goods_value,
        'difference': extra,
        'usual_percent': 100 * (1 - unexplained_share)
    } as evidence
from order_totals
where is_unexplained and anomaly_score >= 0.7
    and order_id not in (select order_id from fault_orders where symptom in ('zero_total', 'no_lines'))
