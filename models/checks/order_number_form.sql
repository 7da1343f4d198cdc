-- One row per order whose number is used twice or unlike the others of its channel.
-- kind: order_info
-- title: Order number reused or malformed
-- silent_if: plain_number
-- prior: 0.5 at 1.5, 0.95 at 2.3
-- reason.number_reused: Order number {actual} also stands on {count} other orders; {usual_percent:.1f} % of numbers are used once.
-- reason.number_form: Order number {actual} does not look like the others of its channel, such as {expected}.
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
counted as (
    select
        *,
        count(*) over (partition by order_number) as same_count,
        count(*) over (partition by lane, mask) / count(*) over (partition by lane) as mask_share,
        count(*) over (partition by lane) as lane_count,
        mode(order_number) over (partition by lane) as example
    from masked
),
shared as (
    select *, avg((same_count > 1)::integer) over () as reused_share
    from counted
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
