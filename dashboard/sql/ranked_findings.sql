-- One row per published finding with what it shares with others, and the money at risk.
select
    exceptions.exception_id,
    exceptions.kind,
    exceptions.source,
    exceptions.variant,
    exceptions.prior_score,
    exceptions.customer_id,
    exceptions.product_id,
    exceptions.channel,
    exceptions.entered_by,
    coalesce(orders.ship_to_region, orders.ship_to_country) as region,
    exceptions.impact
from exceptions
left join maybe_orders as orders using (order_id)
order by exceptions.exception_id
