-- One row per customer with orders to pay: how late it usually settles, shrunk to its segment, and how often payments are recorded.
with everyone as (
    select
        count(*) filter (where late_days is not null) as settled_count,
        coalesce(median(late_days), 0) as median_days,
        coalesce(quantile_cont(late_days, 0.95), 7) as tail_days
    from payment_orders
),
segments as (
    select
        segment,
        count(late_days) as settled_count,
        median(late_days) as median_days,
        quantile_cont(late_days, 0.95) as tail_days
    from payment_orders
    group by segment
),
customers as (
    select
        customer_id,
        any_value(segment) as segment,
        count(late_days) as settled_count,
        median(late_days) as median_days,
        quantile_cont(late_days, 0.9) as tail_days,
        max(late_days) as longest_days,
        count(*) filter (where due_at < $now - interval 30 day) as due_count,
        count(*) filter (where due_at < $now - interval 30 day and payment_count > 0) as paid_count
    from payment_orders
    group by customer_id
),
channels as (
    select
        coalesce(channel, '') as channel,
        count(*) filter (where due_at < $now - interval 30 day) as due_count,
        count(*) filter (where due_at < $now - interval 30 day and payment_count > 0) as paid_count
    from payment_orders
    group by coalesce(channel, '')
),
recorded as (
    select sum(paid_count) / greatest(1, sum(due_count)) as paid_share
    from channels
)
select
    customers.customer_id,
    customers.settled_count,
    customers.median_days,
    customers.longest_days,
    (
        customers.settled_count * coalesce(customers.tail_days, 0)
        + 6 * coalesce(segments.tail_days, everyone.tail_days)
    ) / (customers.settled_count + 6) as usual_late_days,
    coalesce(segments.tail_days, everyone.tail_days) as segment_late_days,
    (customers.paid_count + 4 * recorded.paid_share) / (customers.due_count + 4) as paid_share
from customers
left join segments on segments.segment is not distinct from customers.segment
cross join everyone
cross join recorded
