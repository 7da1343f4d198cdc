-- One row per order that is not cancelled, with the dimensions that causes are looked for in.
with mains as (
    -- What an order is mostly about: the line of the highest value.
    select order_id, arg_max(line_no, net_value) as line_no
    from line_facts
    group by order_id
)
select
    facts.order_id,
    facts.ordered_at::date as ordered_on,
    hour(facts.ordered_at) as hour,
    nullif(facts.channel, '') as channel,
    nullif(facts.entered_by, '') as operator,
    nullif(facts.segment, '') as segment,
    coalesce(nullif(facts.customer_region, ''), nullif(facts.ship_to_region, ''), facts.ship_to_country) as region,
    nullif(lines.category, '') as category,
    nullif(products.supplier_id, '') as supplier,
    coalesce(nullif(lines.warehouse_id, ''), nullif(facts.warehouse_id, '')) as warehouse,
    isodow(facts.ordered_at)::varchar as weekday,
    lpad((hour(facts.ordered_at) // 4 * 4)::varchar, 2, '0') || '-' || lpad((hour(facts.ordered_at) // 4 * 4 + 4)::varchar, 2, '0') as hours,
    facts.customer_id as customer,
    lines.product_id as product
from order_facts as facts
left join mains using (order_id)
left join line_facts as lines on lines.order_id = facts.order_id and lines.line_no = mains.line_no
left join maybe_products as products on products.product_id = lines.product_id
