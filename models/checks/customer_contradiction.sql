-- One row per order whose ship-to is a known place of its customer in all but one part.
-- kind: customer_info
-- title: Ship-to at odds with the customer's known address
-- silent_if: earlier_ship_to
-- prior: 0.5 at 3, 0.95 at 6
-- reason.postal_code: Postal code {actual} stands with an address that otherwise equals {source}, where it is {expected}.
-- reason.city: City {actual} stands with an address that otherwise equals {source}, where it is {expected}.
-- reason.region: Region {actual} stands with an address that otherwise equals {source}, where it is {expected}.
-- reason.house_number: Address "{actual}" differs from {source} only in its number: "{expected}".
-- reason.street_typo: Address "{actual}" is {source} with {edits:.0f} letters changed: "{expected}".
-- counterfactual: With "{expected}" the order would not be flagged.
with compared as (
    select
        *,
        case
            when not is_same_postal and (is_same_street or street_edits <= 1) and is_same_city then 'postal_code'
            when not is_same_city and (is_same_street or street_edits <= 1) and (is_same_postal or postal_edits <= 2) then 'city'
            when not is_same_city and is_same_street then 'city'
            when not is_same_region and (is_same_street or street_edits <= 1) and is_same_city and is_same_postal then 'region'
            when not is_same_street and is_same_street_name and is_same_city and is_same_postal then 'house_number'
            when not is_same_street and street_edits between 1 and 2 and strlen(street_key) >= 8 and is_same_city and is_same_postal
                then 'street_typo'
        end as variant
    from customer_place_matches
    where not starts_with(known_street_key, street_key) or is_same_street
),
judged as (
    select
        *,
        case variant
            when 'postal_code' then case when postal_edits <= 2 then 6 else 5 end
            when 'city' then case when is_same_postal then 5.5 else 4 end
            when 'region' then 4.5
            when 'house_number' then case when street_edits <= 1 then 4.5 when street_edits <= 2 then 3.5 else 1.5 end
            when 'street_typo' then 4.5
        end
        -- Used again on purpose, or known from few orders only: less sure.
        - 1.2 * (order_count - 1)
        - case when not known_is_master and known_count < 6 then 1 else 0 end as points
    from compared
    where variant is not null
)
select
    orders.order_id,
    judged.variant,
    judged.points as anomaly_score,
    0.1 * orders.order_value as impact,
    case when judged.rare_is_master then 'stale_master_data' else 'data_entry' end as cause,
    {
        'actual': case judged.variant when 'postal_code' then postal_code when 'city' then city when 'region' then region else address end,
        'expected': case judged.variant
            when 'postal_code' then known_postal_code when 'city' then known_city when 'region' then known_region else known_address
        end,
        'source': case when known_is_master then 'the customer master' else 'the place of ' || known_count || ' other orders' end,
        'edits': street_edits,
        'used_count': order_count
    } as evidence
from judged
inner join customer_ship_tos as orders using (place_id)
where not exists (
    select 1
    from fault_orders as faults
    where faults.order_id = orders.order_id and faults.symptom in ('same_place', 'garbled')
)
