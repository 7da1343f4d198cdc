-- One row per key that several rows of its table have.
-- title: Keys are unique
-- blocking: true
with keys as (
    select 'customers' as table_name, [customer_id] as key
    from maybe_customers
    union all
    select 'products', [product_id]
    from maybe_products
    union all
    select 'prices', [product_id, customer_id, cast(valid_from as varchar)]
    from maybe_prices
    union all
    select 'promotions', [promotion_id, product_id, customer_id, cast(valid_from as varchar)]
    from maybe_promotions
    union all
    select 'orders', [order_id]
    from maybe_orders
    union all
    select 'order_lines', [order_id, cast(line_no as varchar)]
    from maybe_order_lines
    union all
    select 'order_events', [order_id, cast("at" as varchar), status]
    from maybe_order_events
    union all
    select 'payments', [payment_id]
    from maybe_payments
    union all
    select 'inventory', [product_id, warehouse_id, cast(as_of as varchar)]
    from maybe_inventory
    union all
    select 'stock_counts', [product_id, warehouse_id, cast(counted_at as varchar)]
    from maybe_stock_counts
    union all
    select 'purchase_orders', [po_id, product_id]
    from maybe_purchase_orders
    union all
    select 'forecasts', [product_id, cast(period_start as varchar), cast(period_days as varchar), cast(made_at as varchar)]
    from maybe_forecasts
    union all
    select 'system_events', [cast("at" as varchar), system, kind]
    from maybe_system_events
)
select table_name, array_to_string(key, '|') as key, count(*) as row_count
from keys
group by keys.table_name, keys.key
having count(*) > 1
