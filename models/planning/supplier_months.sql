-- One row per supplier and month in which its receipts were due: how they kept their day and quantity.
select
    supplier_id,
    date_trunc('month', due_at) as month,
    count(*) as due_count,
    count(*) filter (where not is_open and late_days <= 2) as kept_count,
    avg(late_days) as late_days,
    sum(quantity) as ordered_units,
    sum(received_quantity) filter (where not is_open) / nullif(sum(quantity) filter (where not is_open), 0) as received_share
from supply_lines
where due_at <= $now and supplier_id is not null
group by supplier_id, date_trunc('month', due_at)
