-- One row per confirmed finding that a mute would hide, the most money first.
select
    exceptions.exception_id,
    exceptions.kind,
    exceptions.source,
    exceptions.variant,
    exceptions.evidence,
    exceptions.reason,
    exceptions.order_id,
    exceptions.ordered_at,
    exceptions.impact
from exceptions
inner join muted using (exception_id)
inner join labels using (exception_id)
where labels.label = 'confirmed'
order by exceptions.impact desc, exceptions.exception_id
limit 50
