-- One row per open order line that competes for scarce stock, with what speaks for filling it first.
with customer_values as (
    select
        customer_id,
        percent_rank() over (order by sum(total_amount)) as customer_share
    from maybe_orders
    where customer_id in (select scarce_lines.customer_id from scarce_lines)
    group by customer_id
),

paid as (
    select payments.order_id, sum(payments.amount) as paid_amount
    from maybe_payments as payments
    where payments.order_id in (select scarce_lines.order_id from scarce_lines)
        and coalesce(payments.status, '') not in ('failed', 'cancelled', 'refunded')
    group by payments.order_id
)

select
    scarce.order_id,
    scarce.line_no,
    scarce.product_id,
    scarce.units as quantity,
    scarce.value / nullif(scarce.units, 0) as unit_price,
    scarce.needed_at,
    scarce.stock,
    least(coalesce(paid.paid_amount / nullif(orders.total_amount, 0), 0), 1) as paid_share,
    coalesce(customer_values.customer_share, 0) as customer_share,
    count(*) over (partition by scarce.order_id) - 1 as other_short_lines,
    orders.currency,
    coalesce(products.name, scarce.product_id) as product_name,
    coalesce(customers.name, scarce.customer_id) as customer_name
from scarce_lines as scarce
left join maybe_orders as orders on orders.order_id = scarce.order_id
left join maybe_products as products on products.product_id = scarce.product_id
left join maybe_customers as customers on customers.customer_id = scarce.customer_id
left join customer_values on customer_values.customer_id = scarce.customer_id
left join paid on paid.order_id = scarce.order_id
limit 20000
