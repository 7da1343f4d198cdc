-- One row per order with a ship-to value that is cut off.
-- kind: customer_info
-- title: Ship-to value cut off
-- silent_if: earlier_ship_to
-- prior: 0.5 at 3, 0.95 at 6
-- reason.cut_off: {field} "{actual}" is cut off after {length} characters; it is "{expected}" otherwise.
-- reason.field_width: {field} "{actual}" is cut off after {length} characters, like {same_length_count} other values; it is "{expected}" otherwise.
-- counterfactual: Written in full, as "{expected}", it would not be flagged.
with known as (
    select customer_id, field, "value" as full_value
    from customer_values
    where order_count >= 2
    qualify row_number() over (partition by customer_id, field order by order_count desc, "value") <= 20
    union
    select customer_id, field, master_value
    from customer_values
    where master_value is not null
),
candidates as (
    select rare.*, known.full_value
    from customer_values as rare
    inner join known on known.customer_id = rare.customer_id and known.field = rare.field
    where rare.field in ('ship_to_name', 'ship_to_address', 'ship_to_city') and rare.order_count <= 3
),
cut as (
    select
        *,
        trim("value") as short_value,
        substr(full_value, length(trim("value")) + 1) as rest
    from candidates
    where length(full_value) >= length(trim("value")) + 2
        and length(trim("value")) >= 2
        and starts_with(lower(full_value), lower(trim("value")))
        -- A usual abbreviation ends like a cut, and a branch's longer name does not make the customer's own one wrong.
        and not regexp_matches(lower(trim("value")), '\b(st|str|ave|av|rd|blvd|dr|ln|pl|sq|ct|hwy|pkwy|no|bldg|apt|ste)$')
        and (master_value is null or lower(trim(master_value)) <> lower(trim("value")))
    qualify row_number() over (partition by customer_id, field, "value" order by length(full_value) desc, full_value) = 1
),
judged as (
    select
        *,
        count(distinct customer_id) over (partition by field, length(short_value)) as same_length_count,
        -- Cuts by people end anywhere; those of a field's width all at one place.
        count(distinct customer_id) over (partition by field, length(short_value))
        >= greatest(4, 0.4 * count(distinct customer_id) over (partition by field)) as is_width,
        not regexp_matches(rest, '^[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]') as is_inside_word,
        -- What people leave out on purpose: a suite, a building, a legal form, the word city.
        regexp_matches(
            lower(rest),
            '^[\s,(（]*(suite|ste|apt|unit|floor|fl|bldg|building|room|rm|dept|attn|c/o|inc|ltd|llc|gmbh|corp|co|kg|ag|s\.?a|company|limited|有限公司|股份|市|city|#)'
        ) as is_optional
    from cut
)
select
    orders.order_id,
    case when judged.is_width then 'field_width' else 'cut_off' end as variant,
    max(
        case when is_optional then 1 when is_inside_word then 5.5 when judged.field = 'ship_to_name' then 2 else 3.5 end
        + case when is_width then 1 else 0 end
        - (judged.order_count - 1)
    ) as anomaly_score,
    0.1 * any_value(orders.order_value) as impact,
    case when judged.is_width then 'system_fault' else 'data_entry' end as cause,
    {
        -- Of several such fields the first by name, so that a run tells the same as the one before.
        'field': replace(min(judged.field), '_', ' '),
        'actual': arg_min(judged.short_value, judged.field),
        'expected': arg_min(judged.full_value, judged.field),
        'length': arg_min(length(judged.short_value), judged.field),
        'same_length_count': arg_min(judged.same_length_count, judged.field)
    } as evidence
from judged
inner join order_facts as orders
    on orders.customer_id = judged.customer_id
    and judged."value" = case judged.field
        when 'ship_to_name' then orders.ship_to_name when 'ship_to_city' then orders.ship_to_city else orders.ship_to_address
    end
group by orders.order_id, judged.is_width
having anomaly_score >= 1.3
