-- One row per customer with orders to pay: how late it usually settles, shrunk to its segment, and how often payments are recorded.
with everyone as (
    select coalesce(quantile_cont(late_days, 0.95), 7) as tail_days
    from payment_orders
),
segments as (
    select segment, quantile_cont(late_days, 0.95) as tail_days
    from payment_orders
    group by segment
),
lanes as (
    select
        lane,
        count(*) filter (where due_at < $now - interval 30 day) as due_count,
        count(*) filter (where due_at < $now - interval 30 day and payment_count + failed_count > 0) as paid_count
    from payment_orders
    group by lane
),
customers as (
    select
        customer_id,
        any_value(segment) as segment,
        mode(lane) as lane,
        count(late_days) as settled_count,
        median(late_days) as median_days,
        quantile_cont(late_days, 0.9) as tail_days,
        quantile_cont(late_days, 0.97) as longest_days,
        max(payment_count) as most_payments,
        count(*) filter (where due_at < $now - interval 30 day) as due_count,
        count(*) filter (where due_at < $now - interval 30 day and payment_count + failed_count > 0) as paid_count
    from payment_orders
    group by customer_id
)
select
    customers.customer_id,
    customers.settled_count,
    customers.median_days,
    customers.tail_days,
    customers.longest_days,
    customers.most_payments,
    (
        customers.settled_count * coalesce(customers.tail_days, 0)
        + 6 * coalesce(segments.tail_days, everyone.tail_days)
    ) / (customers.settled_count + 6) as usual_late_days,
    -- Where payments are often not recorded, an unpaid order says little.
    lanes.paid_count / greatest(lanes.due_count, 1) as lane_paid_share,
    (customers.paid_count + 4 * lanes.paid_count / greatest(lanes.due_count, 1)) / (customers.due_count + 4) as paid_share
from customers
inner join lanes using (lane)
left join segments on segments.segment is not distinct from customers.segment
cross join everyone
