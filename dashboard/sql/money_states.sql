-- One row per state of findings since a day: open, confirmed or rejected, before or after the order was shipped; money in one currency.
select
    coalesce(labels.label, 'open') as state,
    orders.shipped_at is not null or orders.status in ('shipped', 'delivered', 'invoiced', 'closed', 'returned') as is_shipped,
    count(*) as found_count,
    sum(found.impact) as impact,
    sum(found.impact * found.score) as expected
from cause_findings as found
left join maybe_orders as orders using (order_id)
left join labels using (exception_id)
where found.ordered_on >= $since::date
    and found.currency = $currency
    and (found.score >= $likely or labels.label is not null)
group by all
