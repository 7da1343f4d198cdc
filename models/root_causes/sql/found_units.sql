-- One row per finding about an order or a line: its money at risk and the dimensions of what it is about.
with currencies as (
    select mode(currency) as currency
    from orders
)
select
    found.exception_id,
    found.alert_id,
    found.order_id,
    found.kind,
    found.cause,
    found.department,
    found.source,
    found.score,
    found.impact,
    coalesce(orders.currency, currencies.currency, '') as currency,
    lines.order_id is not null as is_line,
    units.ordered_on,
    units.hour,
    units.channel,
    units.operator,
    units.segment,
    units.region,
    coalesce(lines.category, units.category) as category,
    coalesce(lines.supplier, units.supplier) as supplier,
    coalesce(lines.warehouse, units.warehouse) as warehouse,
    units.weekday,
    units.hours,
    units.customer,
    coalesce(lines.product, units.product) as product
from exceptions as found
inner join order_units as units using (order_id)
left join orders using (order_id)
left join line_units as lines on lines.order_id = found.order_id and lines.line_no = found.line_no
cross join currencies
