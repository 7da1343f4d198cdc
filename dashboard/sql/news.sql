-- One row per alert that a notification rule speaks of and nobody judged yet, the first to look at first.
with wanted as (
    select
        exceptions.alert_id,
        arg_min(exceptions.exception_id, exceptions.rank) as exception_id,
        max(exceptions.score) as score
    from exceptions
    left join labels using (exception_id)
    where labels.label is null
        and exceptions.score >= $score
        and (len($kinds) = 0 or exceptions.kind in (select unnest($kinds)))
        and (len($departments) = 0 or exceptions.department in (select unnest($departments)))
    group by exceptions.alert_id
)
select
    alerts.alert_id,
    wanted.exception_id,
    wanted.score,
    coalesce(alerts.impact, 0) as impact,
    greatest(coalesce(alerts.order_count, 1), 1) as order_count,
    heads.kind,
    heads.department,
    heads.cause,
    heads.order_id,
    heads.product_id,
    heads.source,
    heads.variant,
    heads.evidence,
    heads.reason,
    customers.name as customer_name,
    coalesce(orders.currency, (select mode(currency) from maybe_orders)) as currency
from wanted
inner join alerts using (alert_id)
inner join exceptions as heads on heads.exception_id = wanted.exception_id
left join maybe_orders as orders on orders.order_id = heads.order_id
left join maybe_customers as customers on customers.customer_id = heads.customer_id
where coalesce(alerts.impact, 0) >= $impact
order by alerts.rank
