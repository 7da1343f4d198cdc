-- One row per order that lacks a ship-to field which orders like it have.
-- kind: customer_info
-- title: Ship-to data missing
-- silent_if: earlier_ship_to
-- prior: 0.5 at 1.6, 0.95 at 2.4
-- reason.missing_field: The order has no {field}, which {usual_percent:.1f} % of the orders of its channel and country have.
-- reason.missing_address: The order has no {field}: all {count} parts of the ship-to address are blank, against {usual_percent:.1f} % filled usually.
-- counterfactual: With {field} filled in the order would not be flagged.
with own as (
    select
        *,
        case field
            when 'ship_to_region' then 0.7
            when 'ship_to_phone' then 0.2
            when 'ship_to_postal_code' then -0.2
            else -0.4
        end as optional_points,
        -- Add-one on both sides, so that few orders can't claim certainty.
        least(usual_fill, customer_fill) as fill
    from order_blanks
    where field like 'ship_to_%'
)
select
    own.order_id,
    case when count(*) >= 3 then 'missing_address' else 'missing_field' end as variant,
    max(-log10(greatest(1 - fill, 1.0 / (channel_count + 2), 0.0005)) - optional_points) as anomaly_score,
    0.1 * any_value(own.order_value) as impact,
    'data_entry' as cause,
    {
        'field': string_agg(replace(field, '_', ' '), ', ' order by field),
        'count': count(*),
        'usual_percent': 100 * max(fill),
        'channel': any_value(own.channel)
    } as evidence
from own
where not exists (
    select 1
    from fault_orders as faults
    where faults.order_id = own.order_id and faults.symptom = 'blank_' || own.field
)
group by own.order_id
having anomaly_score >= 1.2
