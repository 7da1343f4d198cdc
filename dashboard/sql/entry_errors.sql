-- One row per likely finding that lies with whoever entered the order, unless somebody rejected it.
select
    exceptions.exception_id,
    exceptions.alert_id,
    exceptions.order_id,
    exceptions.kind,
    exceptions.entered_by as operator,
    coalesce(exceptions.channel, '') as channel,
    exceptions.source,
    exceptions.variant,
    json_extract_string(exceptions.evidence, '$.field') as named_field,
    exceptions.evidence,
    exceptions.reason,
    exceptions.ordered_at,
    exceptions.score
from exceptions
left join labels using (exception_id)
where exceptions.cause in (select unnest($causes))
    and exceptions.entered_by is not null
    and exceptions.entered_by <> ''
    and exceptions.ordered_at >= $since::timestamp
    and coalesce(labels.label, '') <> 'false_positive'
    and (exceptions.score >= $likely or labels.label = 'confirmed')
order by exceptions.ordered_at desc
