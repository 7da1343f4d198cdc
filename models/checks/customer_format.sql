-- One row per order with a ship-to value that can't be right as it is written.
-- kind: customer_info
-- title: Ship-to value malformed
-- silent_if: earlier_ship_to
-- prior: 0.5 at 3, 0.95 at 6
-- reason.postal_format: Postal code "{actual}" does not have the form that {country} uses ({expected}).
-- reason.placeholder: {field} says "{actual}", a placeholder.
-- reason.garbled: {field} "{actual}" is garbled; its characters were lost on the way.
-- counterfactual.postal_format: With a postal code in the form of {country} the order would not be flagged.
-- counterfactual.placeholder: With a real value for {field} that field would not be flagged.
-- counterfactual.garbled: With {field} as it was typed that field would not be flagged.
with flagged as (
    select
        *,
        case
            when regexp_matches("value", '�|锟斤拷|[\x{C2}-\x{F4}][\x{80}-\x{BF}]|â€|\?{3,}|&#\d+;') then 'garbled'
            when regexp_matches(
                lower(trim("value")),
                '^(test\w*|tests? (customer|address|order).*|x{2,}|n/?a|n\.a\.|none|null|nil|unknown|tbd|tba|tbc|dummy|asdf\w*|qwert\w*|abc|foo|bar|\?+|-+|\.+|_+|#+|\*+|same( as .*)?|as (before|usual|above|always|last time|per .*)|see .*|(ask|call|phone|contact) .*|to (be .*|follow|come)|pending|address|street|city|name|customer|blank|empty|missing|未知|无|暂无.{0,4}|测试.{0,4}|不详|同上|同前|老地址|原地址|如前|照旧|见.{0,6}|待(补|定|确认|通知|填|录|提供).{0,4}|没有)$'
            ) then 'placeholder'
            when field in ('ship_to_phone', 'ship_to_postal_code')
                and regexp_matches(regexp_replace("value", '[^0-9]', '', 'g'), '^(0{4,}|1{5,}|9{5,}|8{7,}|1234567\d*|0123456\d*)$')
                and not regexp_matches("value", '[A-Za-z]')
                then 'placeholder'
            when field = 'ship_to_postal_code' and postal_pattern is not null and not regexp_matches(
                regexp_replace(upper(translate("value", '０１２３４５６７８９－　', '0123456789- ')), '[ \-]', '', 'g'), postal_pattern
            ) then 'postal_format'
        end as variant
    from customer_values
),
judged as (
    select
        flagged.*,
        -- The same departure at many customers is how this source writes it.
        count(distinct customer_id) over (
            partition by variant, flagged.field, flagged.iso, case when variant = 'postal_format' then regexp_replace("value", '[0-9]', '9', 'g') end
        ) as like_count,
        customers.customer_total
    from flagged
    inner join (
        select field, iso, count(distinct customer_id) as customer_total
        from customer_values
        group by field, iso
    ) as customers on customers.field = flagged.field and customers.iso is not distinct from flagged.iso
    where variant is not null
)
select
    orders.order_id,
    judged.variant,
    max(
        case judged.variant when 'postal_format' then 5.5 else 6 end
        - case when like_count >= 4 and like_count > 0.05 * customer_total then 4 else 0 end
        - case when order_count > 0.3 * judged.customer_count and order_count >= 4 then 3.2 else 0 end
    ) as anomaly_score,
    0.1 * any_value(orders.order_value) as impact,
    case when arg_min(judged.master_value = judged."value", judged.field) then 'stale_master_data' else 'data_entry' end as cause,
    {
        -- Of several such fields the first by name, so that a run tells the same as the one before.
        'field': replace(min(judged.field), '_', ' '),
        'actual': arg_min(judged."value", judged.field),
        'country': arg_min(judged.country, judged.field),
        'expected': arg_min(coalesce(judged.master_value, judged.usual_value), judged.field)
    } as evidence
from judged
inner join order_facts as orders
    on orders.customer_id = judged.customer_id
    and judged."value" = case judged.field
        when 'ship_to_name' then orders.ship_to_name
        when 'ship_to_city' then orders.ship_to_city
        when 'ship_to_address' then orders.ship_to_address
        when 'ship_to_phone' then orders.ship_to_phone
        when 'ship_to_region' then orders.ship_to_region
        else orders.ship_to_postal_code
    end
where not exists (
    select 1
    from fault_orders as faults
    where faults.order_id = orders.order_id and faults.symptom = 'garbled' and judged.variant = 'garbled'
)
group by orders.order_id, judged.variant
having anomaly_score >= 1.3
