-- One row per product and segment of those who ordered it lately: how much they usually order of it, in logs, as in a run.
with days as (
    select
        lines.product_id,
        customers.segment,
        grouping(customers.segment) = 1 as is_everyone,
        median(ln(lines.quantity)) as log_quantity
    from recent_peers as lines
    left join maybe_customers as customers on customers.customer_id = lines.head.customer_id
    where lines.quantity > 0 and coalesce(lines.head.status, 'new') <> 'cancelled'
    group by grouping sets (
        (lines.product_id, lines.head.ordered_at::date), (lines.product_id, customers.segment, lines.head.ordered_at::date)
    )
    qualify row_number() over (
        partition by lines.product_id, customers.segment, is_everyone order by lines.head.ordered_at::date desc
    ) <= 15
),
levels as (
    select product_id, segment, is_everyone, median(log_quantity) as log_quantity, count(*) as day_count
    from days
    group by product_id, segment, is_everyone
)
select
    peers.product_id,
    peers.segment,
    -- a segment's habit, shrunk to that of all customers
    (peers.day_count * peers.log_quantity + 6 * everyone.log_quantity) / (peers.day_count + 6) as log_quantity,
    everyone.log_quantity as log_quantity_of_all
from levels as peers
inner join levels as everyone on everyone.product_id = peers.product_id and everyone.is_everyone
where not peers.is_everyone
order by peers.product_id, peers.segment
