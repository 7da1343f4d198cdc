-- One row per kind, cause and department of the open likely alerts: how many, and the money at risk.
select
    exceptions.kind,
    exceptions.cause,
    exceptions.department,
    count(*) as alert_count,
    sum(alerts.impact * alerts.score) as money
from alerts
inner join exceptions using (exception_id)
left join labels using (exception_id)
where alerts.score >= $likely and labels.label is null
group by exceptions.kind, exceptions.cause, exceptions.department
order by money desc
