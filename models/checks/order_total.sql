-- One row per order whose total does not follow from its lines.
-- kind: order_info
-- title: Total does not add up
-- prior: 0.5 at 1.2, 0.95 at 2
-- reason.total_mismatch: The total is {actual:,.2f} but the lines add up to {expected:,.2f}; {usual_percent:.1f} % of such orders add up.
-- reason.discount_ignored: The total is {actual:,.2f}, the lines without their discounts; with them it would be {expected:,.2f}.
-- reason.total_zero: The total is {actual:,.2f} although the lines add up to {expected:,.2f}.
select
    order_id,
    case
        when total_amount <= 0 then 'total_zero'
        when abs(total_amount - gross_value) <= rounding and gross_value > goods_value + rounding then 'discount_ignored'
        else 'total_mismatch'
    end as variant,
    case
        when unexplained_share < 0.05 then least(-log10(unexplained_share + 0.001), 2.5)
        -- A source with free extras: only what is far outside their spread.
        else least(2.5, 0.4 * (abs(ln(greatest(ratio, 0.001)) - usual_log_ratio) / greatest(log_ratio_spread, 0.02) - 1))
    end
    - case when abs(extra) < 0.003 * goods_value then 0.5 else 0 end as anomaly_score,
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
