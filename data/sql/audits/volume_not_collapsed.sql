-- No row, or one if far fewer orders came in the last complete week than is usual in the weeks before it.
-- title: The number of orders has not collapsed
-- blocking: false
-- default: share = 0.4     # of the usual number a week, below which it counts as collapsed
-- default: weeks = 8       # that tell what is usual
-- default: least = 20      # orders a week; fewer are too few to tell
with latest as (
    select max(ordered_at) as ordered_at
    from orders
),
weeks as (
    select
        cast(floor(date_diff('day', orders.ordered_at, latest.ordered_at) / 7) as integer) as weeks_ago,
        count(*) as order_count
    from orders
    cross join latest
    group by 1
),
usual as (
    select median(coalesce(weeks.order_count, 0)) as order_count
    from range(1, cast($weeks as integer) + 1) as past (weeks_ago)
    left join weeks using (weeks_ago)
)
select weeks.order_count as last_week, usual.order_count as usual_week
from usual
left join weeks on weeks.weeks_ago = 0
where usual.order_count >= $least
    and coalesce(weeks.order_count, 0) < $share * usual.order_count
