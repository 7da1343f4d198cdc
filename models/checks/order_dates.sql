-- One row per order with dates in an impossible order or far outside its time.
-- kind: order_info
-- title: Dates that can't be
-- silent_if: plain_dates
-- prior: 0.5 at 1.2, 0.95 at 2.2
-- reason.impossible_order: {later} {later_on} lies {days:.0f} days before {earlier} {earlier_on}.
-- reason.far_date: {later} {later_on} lies {days:.0f} days from the order date {earlier_on}; orders like it stay within {usual_days:.0f}.
-- reason.future_date: {later} {later_on} lies in the future: the data end on {earlier_on}.
-- counterfactual.impossible_order: With "{later}" on or after {earlier_on} that date would not be flagged.
-- counterfactual.far_date: With "{later}" within {usual_days:.0f} days of the order date it would not be flagged.
-- counterfactual.future_date: With "{later}" on {earlier_on} at the latest the order would not be flagged.
with pairs as (
    select
        order_id,
        coalesce(channel, '') as lane,
        order_value,
        unnest([
            {'later': 'shipped', 'later_at': shipped_at, 'earlier': 'ordered', 'earlier_at': ordered_at},
            {'later': 'delivered', 'later_at': delivered_at, 'earlier': 'shipped', 'earlier_at': shipped_at},
            {'later': 'delivered', 'later_at': delivered_at, 'earlier': 'ordered', 'earlier_at': ordered_at},
            {'later': 'promised', 'later_at': promised_at, 'earlier': 'ordered', 'earlier_at': ordered_at},
            {'later': 'requested', 'later_at': requested_at, 'earlier': 'ordered', 'earlier_at': ordered_at},
            {'later': 'payment due', 'later_at': payment_due_at, 'earlier': 'ordered', 'earlier_at': ordered_at}
        ], recursive := true)
    from order_facts
),
apart as (
    select
        *,
        epoch(later_at - earlier_at) / 86400 as days,
        -- Dates without a time of day compare by day.
        case
            when date_trunc('day', later_at) = later_at or date_trunc('day', earlier_at) = earlier_at
                then date_diff('day', earlier_at, later_at) < 0
            else later_at < earlier_at - interval 2 hour
        end as is_before
    from pairs
    where later_at is not null and earlier_at is not null
),
pairs_usual as (
    select
        lane,
        later,
        earlier,
        count(*) filter (where is_before) / (count(*) + 10) as before_share,
        quantile_cont(days, 0.99) as tail_days,
        avg((days > 365)::integer) as year_share
    from apart
    group by lane, later, earlier
),
usual as (
    select *
    from apart
    inner join pairs_usual using (lane, later, earlier)
    where is_before or days > 200 or later_at > $now
),
judged as (
    select
        *,
        case
            when is_before then 'impossible_order'
            -- A date as far off as usual is a plan that the source writes into the column of facts.
            when later in ('shipped', 'delivered') and later_at > $now + interval 2 day and days > 1.5 * tail_days + 1
                then 'future_date'
            when days > greatest(200, 4 * coalesce(tail_days, 0)) or (days > 330 and year_share < 0.005) then 'far_date'
        end as variant
    from usual
)
select
    order_id,
    arg_max(variant, points) as variant,
    max(points) as anomaly_score,
    0.05 * any_value(order_value) as impact,
    'data_entry' as cause,
    {
        'later': arg_max(later, points),
        'later_on': strftime(arg_max(later_at, points), '%Y-%m-%d'),
        'earlier': arg_max(earlier, points),
        'earlier_on': case when arg_max(variant, points) = 'future_date' then strftime($now, '%Y-%m-%d') else strftime(arg_max(earlier_at, points), '%Y-%m-%d') end,
        'days': abs(arg_max(days, points)),
        'usual_days': arg_max(tail_days, points)
    } as evidence
from (
    select
        *,
        case variant
            when 'impossible_order' then least(2.6, -log10(before_share + 0.002)) + 0.3
            else 2
        end as points
    from judged
    where variant is not null
) as scored
group by order_id
having anomaly_score >= 0.8
