-- One row per run of orders in one channel that show the same symptom so densely that chance can't explain it.
with steps as (
    select
        *,
        lag(place) over run as previous_place,
        lag(ordered_at) over run as previous_at,
        lag(detail) over run as previous_detail
    from fault_symptoms
    where is_sure
    window run as (partition by lane, symptom order by place)
),
runs as (
    -- A run breaks after three healthy orders or two quiet days; a batch is sent again within hours.
    select
        *,
        sum((
            previous_place is null
            or place - previous_place > 4
            or ordered_at - previous_at > case when symptom = 'sent_again' then interval 2 hour else interval 2 day end
            or (symptom in ('same_time', 'clock_shift', 'same_place') and detail <> previous_detail)
        )::integer) over (partition by lane, symptom order by place) as run
    from steps
),
customers as (
    -- How often these very customers show the symptom outside the run: some send their branches' orders in one batch.
    select
        *,
        count(*) over (partition by lane, symptom, run, customer_id) as customer_run_count
    from runs
),
summed as (
    select
        lane,
        symptom,
        run,
        any_value(detail) as detail,
        min(ordered_at) as from_at,
        max(ordered_at) as to_at,
        count(*) as affected_count,
        count(distinct buyer) as buyer_count,
        max(place) - min(place) + 1 as order_count,
        any_value(usual_share) as usual_share,
        any_value(lane_count) as lane_count,
        avg((customer_symptom_count - customer_run_count) / (customer_order_count - customer_run_count + 3))
            as customers_share
    from customers
    group by lane, symptom, run
),
judged as (
    select
        *,
        -- The share outside this run, so that a long fault does not make itself usual.
        greatest(
            (usual_share * lane_count - affected_count + 1) / (lane_count - affected_count + 20),
            coalesce(customers_share, 0)
        ) as outside_share
    from summed
)
select
    *,
    -- Sanov bound: -log10 of the chance that a run so dense comes about by itself, less the number of places it could start.
    order_count * (
        affected_count / order_count * log10(affected_count / order_count / outside_share)
        + coalesce((1 - affected_count / order_count) * log10(nullif(1 - affected_count / order_count, 0) / (1 - outside_share)), 0)
    ) - log10(lane_count) as surprise,
    symptom || ':' || lane || ':' || strftime(from_at, '%Y-%m-%dT%H:%M') as window_id
from judged
-- One buyer's way of ordering is no fault of the system.
where affected_count >= 3 and buyer_count >= greatest(2, 0.3 * affected_count) and affected_count / order_count > 2 * outside_share
