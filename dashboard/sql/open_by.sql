-- One row per kind, cause, department and currency of the open likely alerts: how many, and the money at risk.
select
    exceptions.kind,
    exceptions.cause,
    exceptions.department,
    coalesce(orders.currency, (select mode(currency) from maybe_orders), '') as currency,
    count(*) as alert_count,
    count(*) filter (where alerts.score >= 0.9) as sure_count,
    sum(alerts.impact * alerts.score) as money
from alerts
inner join exceptions using (exception_id)
left join labels using (exception_id)
left join maybe_orders as orders on orders.order_id = alerts.order_id
where alerts.score >= $likely and labels.label is null
group by exceptions.kind, exceptions.cause, exceptions.department, currency
order by money desc
