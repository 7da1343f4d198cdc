-- One row per line of an order that is not cancelled, with the dimensions that causes are looked for in.
select
    lines.order_id,
    lines.line_no,
    units.ordered_on,
    units.hour,
    units.channel,
    units.operator,
    units.segment,
    units.region,
    nullif(lines.category, '') as category,
    nullif(products.supplier_id, '') as supplier,
    nullif(lines.warehouse_id, '') as warehouse,
    units.weekday,
    units.hours,
    units.customer,
    lines.product_id as product
from line_facts as lines
inner join order_units as units using (order_id)
left join maybe_products as products on products.product_id = lines.product_id
