-- One row per week of the order: the open likely alerts, and the money at risk in one currency.
select
    date_trunc('week', alerts.ordered_at) as week,
    count(*) as alert_count,
    sum(alerts.impact * alerts.score) filter (where coalesce(orders.currency, (select mode(currency) from maybe_orders), '') = $currency) as money
from alerts
left join labels using (exception_id)
left join maybe_orders as orders on orders.order_id = alerts.order_id
where alerts.score >= $likely and labels.label is null and alerts.ordered_at is not null
group by week
order by week
