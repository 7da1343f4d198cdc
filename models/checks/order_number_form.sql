-- One row per order whose number is used twice or unlike the others of its channel.
-- kind: order_info
-- title: Order number reused or malformed
-- silent_if: plain_number
-- prior: 0.5 at 1.5, 0.95 at 2.3
-- reason.number_reused: Order number {actual} also stands on {count} other orders; {usual_percent:.1f} % of numbers are used once.
-- reason.number_form: Order number {actual} does not look like the others of its channel, such as {expected}.
-- counterfactual.number_reused: With a number of its own the order would not be flagged.
-- counterfactual.number_form: With a number of the form of {expected} the order would not be flagged.
with masked as (
    select
        order_id,
        order_number,
        order_value,
        coalesce(channel, '') as lane,
        regexp_replace(regexp_replace(order_number, '[0-9]+', '9', 'g'), '[A-Za-z]', 'A', 'g') as mask,
        regexp_extract(order_number, '^(.*[0-9])(?:[A-Za-z]|[-/_. ][A-Za-z0-9]{1,3})$', 1) as stem
    from order_facts
    where trim(order_number) <> ''
),
numbers as (
    select order_number, count(*) as same_count from masked group by order_number
),
masks as (
    select lane, mask, count(*) as mask_count, min(order_number) as example
    from masked
    group by lane, mask
),
lanes as (
    select lane, sum(mask_count) as lane_count, arg_max(example, (mask_count, mask)) as example
    from masks
    group by lane
),
reused as (
    select sum(same_count) filter (where same_count > 1) / sum(same_count) as reused_share from numbers
),
shared as (
    select
        masked.*,
        numbers.same_count,
        masks.mask_count / lanes.lane_count as mask_share,
        lanes.lane_count,
        lanes.example,
        coalesce(reused.reused_share, 0) as reused_share
    from masked
    inner join numbers using (order_number)
    inner join masks on masks.lane = masked.lane and masks.mask = masked.mask
    inner join lanes on lanes.lane = masked.lane
    cross join reused
)
select
    order_id,
    case when same_count > 1 then 'number_reused' else 'number_form' end as variant,
    case when same_count > 1 then least(2.4, -log10(reused_share + 0.002)) else least(2.2, -log10(mask_share + 0.002)) - 0.4 end as anomaly_score,
    0.05 * order_value as impact,
    'data_entry' as cause,
    {
        'actual': order_number,
        'count': same_count - 1,
        'expected': example,
        'usual_percent': 100 * (1 - reused_share)
    } as evidence
from shared
where (same_count > 1 or (mask_share < 0.01 and lane_count >= 100)) and anomaly_score >= 1.1
    -- Another order's number with a suffix is that order once more: a duplicate's business.
    and not exists (select 1 from order_facts as others where others.order_number = shared.stem)
