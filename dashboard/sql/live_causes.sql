-- One row per short line whose cause was told before hindsight was in: what was told first, and what is said now.
select
    live.order_id,
    live.line_no,
    live.cause as live_cause,
    live.share as live_share,
    live.told_as_of,
    stockouts.cause,
    coalesce(stories.is_provisional, false) as is_provisional
from live_causes as live
inner join stockouts using (order_id, line_no)
left join shortage_stories as stories using (order_id, line_no)
