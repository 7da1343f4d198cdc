-- One row per channel, operator or customer with repeated orders: how many of a thousand orders are repeats.
select
    rates.dimension,
    rates.name,
    case when rates.dimension = 'customer' then coalesce(customers.name, rates.name) else rates.name end as title,
    rates.order_count,
    rates.duplicate_count,
    1000.0 * rates.duplicate_count / rates.order_count as per_thousand
from duplicate_rates as rates
left join maybe_customers as customers on customers.customer_id = rates.name
where rates.dimension = $dimension and rates.order_count >= $least
order by rates.duplicate_count > 0 desc, per_thousand desc, rates.order_count desc
limit 12
