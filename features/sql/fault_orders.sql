-- One row per order and symptom that a fault window explains.
with announced as (
    select
        windows.window_id,
        max(events.system) as system,
        max(events.kind) as event_kind,
        max(events.detail) as event_detail,
        min(events."at") as event_at,
        max(events.ended_at) as event_ended_at
    from fault_windows as windows
    inner join maybe_system_events as events
        on events."at" <= windows.to_at + interval 1 hour
        and coalesce(events.ended_at, events."at" + interval 4 hour) >= windows.from_at - interval 1 hour
    group by windows.window_id
)
select
    symptoms.order_id,
    symptoms.symptom,
    symptoms.detail,
    symptoms.order_value,
    windows.window_id,
    windows.lane as channel,
    windows.from_at,
    windows.to_at,
    windows.affected_count,
    windows.order_count,
    windows.usual_share,
    windows.surprise,
    announced.system,
    announced.event_kind,
    announced.event_detail,
    announced.event_at,
    announced.event_ended_at
from fault_symptoms as symptoms
inner join fault_windows as windows
    on windows.lane = symptoms.lane and windows.symptom = symptoms.symptom
    and symptoms.ordered_at
    between windows.from_at - case when symptoms.is_sure then interval 0 minute else interval 15 minute end
    and windows.to_at + case when symptoms.is_sure then interval 0 minute else interval 15 minute end
left join announced using (window_id)
where windows.surprise >= 3 or (windows.surprise >= 1 and announced.window_id is not null)
