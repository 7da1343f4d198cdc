-- One row per pair of orders that look the same, the surest first.
select
    duplicates.*,
    later.ordered_at as later_at,
    earlier.ordered_at as earlier_at,
    later.customer_id,
    coalesce(customers.name, later.customer_id) as customer_name,
    later.channel as later_channel,
    earlier.channel as earlier_channel,
    later.total_amount,
    later.currency,
    coalesce(labels.label, 'open') as status
from duplicates
left join maybe_orders as later on later.order_id = duplicates.order_id
left join maybe_orders as earlier on earlier.order_id = duplicates.duplicate_of
left join maybe_customers as customers on customers.customer_id = later.customer_id
left join labels using (exception_id)
where duplicates.probability >= $score
order by duplicates.probability desc, duplicates.order_id, duplicates.duplicate_of
limit 2000
