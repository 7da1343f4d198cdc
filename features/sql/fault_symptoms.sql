-- One row per order and technical symptom it shows, with how often its channel shows that symptom at all.
with customers as (
    select coalesce(channel, '') as lane, customer_id, count(*) as customer_order_count
    from order_facts
    group by coalesce(channel, ''), customer_id
),
base as (
    select
        order_facts.order_id,
        order_facts.customer_id,
        order_facts.ordered_at,
        order_facts.ship_to_name,
        order_facts.ship_to_address,
        order_facts.ship_to_city,
        order_facts.line_count,
        order_facts.goods_value,
        order_facts.total_amount,
        order_facts.order_value,
        customers.lane,
        row_number() over (partition by customers.lane order by ordered_at, order_id) as place,
        count(*) over (partition by customers.lane) as lane_count,
        -- A marketplace is one customer with many buyers.
        concat_ws(chr(31), order_facts.customer_id, ship_to_name) as buyer,
        customers.customer_order_count
    from order_facts
    inner join customers
        on customers.lane = coalesce(order_facts.channel, '')
        and customers.customer_id is not distinct from order_facts.customer_id
),
timed as (
    select
        lane,
        avg((second(ordered_at) = 0)::integer) as whole_minute_share,
        count(distinct customer_id) as customer_count
    from base
    group by lane
),
times as (
    select lane, ordered_at, count(*) as order_count, count(distinct customer_id) as customer_count
    from base
    group by lane, ordered_at
),
clocks as (
    select lane, count(*) as moment_count, count(*) filter (where customer_count >= 2) as shared_count
    from times
    group by lane, ordered_at::time
),
loaded as (
    -- Dates without a time of day, and times at which a job loads what came before: customers share them all the time.
    select lane
    from clocks
    group by lane
    having max(moment_count) >= greatest(5, 0.2 * sum(moment_count))
        or sum(shared_count) >= greatest(5, 0.2 * sum(moment_count))
),
first_events as (
    select order_id, min("at") as first_at
    from maybe_order_events
    group by order_id
),
places as (
    select
        lane,
        ship_to_address,
        ship_to_city,
        count(distinct customer_id) as customer_count
    from base
    where ship_to_address is not null
    group by lane, ship_to_address, ship_to_city
),
symptoms as (
    select order_id, 'blank_' || field as symptom, field as detail
    from order_blanks
    -- Only where this country and this customer fill the field.
    where least(usual_fill, customer_fill) >= 0.85
    union all
    select base.order_id, 'same_time', strftime(base.ordered_at, '%Y-%m-%d %H:%M:%S')
    from base
    inner join timed using (lane)
    inner join times using (lane, ordered_at)
    where times.order_count >= case when timed.whole_minute_share > 0.9 then 8 else 3 end
        and base.lane not in (select lane from loaded)
        -- A customer who sends the orders of all branches at once is a batch; several customers at the same second are not.
        and (times.customer_count >= 3 or timed.customer_count = 1)
    union all
    select base.order_id, 'clock_shift', cast(round(epoch(events.first_at - base.ordered_at) / 3600) as varchar)
    from base
    inner join first_events as events using (order_id)
    where abs(epoch(events.first_at - base.ordered_at)) between 3000 and 50400
        and abs(epoch(events.first_at - base.ordered_at) / 3600 - round(epoch(events.first_at - base.ordered_at) / 3600)) < 0.02
    union all
    select base.order_id, 'same_place', base.ship_to_address
    from base
    inner join places using (lane, ship_to_address, ship_to_city)
    where places.customer_count >= 4
    union all
    select order_id, 'garbled', null
    from base
    where regexp_matches(concat_ws(' ', ship_to_name, ship_to_address, ship_to_city), '�|锟斤拷|[\x{C2}-\x{F4}][\x{80}-\x{BF}]|â€|\?{3,}|&#\d+;')
    union all
    -- A repeat that would pass by itself still belongs to a batch sent again.
    select order_id, 'sent_again', case when is_unusual then 'unusual' end
    from order_repeats
    where is_same_basket and is_same_place and gap_days <= 4
    union all
    select order_id, 'no_lines', null
    from base
    where line_count = 0
    union all
    select order_id, 'zero_total', null
    from base
    where total_amount = 0 and goods_value <> 0
),
shown as (
    select
        symptoms.*,
        symptoms.symptom <> 'sent_again' or symptoms.detail is not null as is_sure,
        base.lane,
        base.customer_id
    from symptoms
    inner join base using (order_id)
),
customer_symptoms as (
    select lane, symptom, customer_id, count(*) filter (where is_sure) as customer_symptom_count
    from shown
    group by lane, symptom, customer_id
),
lane_symptoms as (
    select lane, symptom, sum(customer_symptom_count)::bigint as symptom_count
    from customer_symptoms
    group by lane, symptom
)
select
    shown.order_id,
    shown.symptom,
    shown.detail,
    shown.is_sure,
    shown.lane,
    base.place,
    base.lane_count,
    base.buyer,
    base.customer_id,
    base.customer_order_count,
    customer_symptoms.customer_symptom_count,
    base.ordered_at,
    base.order_value,
    lane_symptoms.symptom_count / base.lane_count as usual_share
from shown
inner join base using (order_id)
inner join customer_symptoms
    on customer_symptoms.lane = shown.lane
    and customer_symptoms.symptom = shown.symptom
    and customer_symptoms.customer_id is not distinct from shown.customer_id
inner join lane_symptoms on lane_symptoms.lane = shown.lane and lane_symptoms.symptom = shown.symptom
