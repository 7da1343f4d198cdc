-- One row per supplier: how its receipts kept their promised day and quantity, and what is overdue now.
select
    supplier_id,
    count(*) as due_count,
    count(*) filter (where not is_open) as received_count,
    count(*) filter (where not is_open and late_days <= 2) / nullif(count(*) filter (where not is_open), 0) as kept_share,
    median(late_days) as median_late_days,
    quantile_cont(late_days, 0.8) as p80_late_days,
    sum(received_quantity) filter (where not is_open) / nullif(sum(quantity) filter (where not is_open), 0) as received_share,
    median(date_diff('day', ordered_at, received_at)) as actual_lead_days,
    median(date_diff('day', ordered_at, due_at)) as quoted_lead_days,
    count(*) filter (where is_open and due_at > $now - interval 120 day) as overdue_count,
    coalesce(sum(quantity) filter (where is_open and due_at > $now - interval 120 day), 0) as overdue_units
from supply_lines
where due_at <= $now and supplier_id is not null
group by supplier_id
