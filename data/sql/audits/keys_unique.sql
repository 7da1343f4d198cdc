-- One row per key that several rows of its table have.
-- title: Keys are unique
-- blocking: true
select 'customers' as table_name, customer_id as key, count(*) as row_count
from maybe_customers
group by customer_id
having count(*) > 1
union all
select 'products', product_id, count(*)
from maybe_products
group by product_id
having count(*) > 1
union all
select 'prices', concat_ws('|', product_id, customer_id, valid_from), count(*)
from maybe_prices
group by product_id, customer_id, valid_from
having count(*) > 1
union all
select 'promotions', concat_ws('|', promotion_id, product_id, customer_id, valid_from), count(*)
from maybe_promotions
group by promotion_id, product_id, customer_id, valid_from
having count(*) > 1
union all
select 'orders', order_id, count(*)
from maybe_orders
group by order_id
having count(*) > 1
union all
select 'order_lines', concat_ws('|', order_id, line_no), count(*)
from maybe_order_lines
group by order_id, line_no
having count(*) > 1
union all
select 'order_events', concat_ws('|', order_id, "at", status), count(*)
from maybe_order_events
group by order_id, "at", status
having count(*) > 1
union all
select 'payments', payment_id, count(*)
from maybe_payments
group by payment_id
having count(*) > 1
union all
select 'inventory', concat_ws('|', product_id, warehouse_id, as_of), count(*)
from maybe_inventory
group by product_id, warehouse_id, as_of
having count(*) > 1
union all
select 'stock_counts', concat_ws('|', product_id, warehouse_id, counted_at), count(*)
from maybe_stock_counts
group by product_id, warehouse_id, counted_at
having count(*) > 1
union all
select 'purchase_orders', concat_ws('|', po_id, product_id), count(*)
from maybe_purchase_orders
group by po_id, product_id
having count(*) > 1
union all
select 'forecasts', concat_ws('|', product_id, period_start, period_days, made_at), count(*)
from maybe_forecasts
group by product_id, period_start, period_days, made_at
having count(*) > 1
union all
select 'system_events', concat_ws('|', "at", system, kind), count(*)
from maybe_system_events
group by "at", system, kind
having count(*) > 1
