-- One row per table and required column that is null in some rows.
-- title: Required values are there
-- blocking: true
with counts as (
    select 'customers' as table_name, count(*) - least(count(customer_id), count(name)) as row_count
    from maybe_customers
    union all
    select 'products', count(*) - least(count(product_id), count(name))
    from maybe_products
    union all
    select 'prices', count(*) - least(count(product_id), count(valid_from), count(unit_price))
    from maybe_prices
    union all
    select 'promotions', count(*) - least(count(promotion_id), count(valid_from), count(valid_to), count(discount))
    from maybe_promotions
    union all
    select 'orders', count(*) - least(count(order_id), count(customer_id), count(ordered_at))
    from maybe_orders
    union all
    select 'order_lines',
        count(*) - least(count(order_id), count(line_no), count(product_id), count(quantity), count(unit_price))
    from maybe_order_lines
    union all
    select 'order_events', count(*) - least(count(order_id), count("at"), count(status))
    from maybe_order_events
    union all
    select 'payments', count(*) - least(count(payment_id), count(order_id), count(paid_at), count(amount))
    from maybe_payments
    union all
    select 'inventory', count(*) - least(count(product_id), count(as_of), count(on_hand))
    from maybe_inventory
    union all
    select 'stock_counts', count(*) - least(count(product_id), count(counted_at), count(recorded), count(counted))
    from maybe_stock_counts
    union all
    select 'purchase_orders', count(*) - least(count(po_id), count(product_id), count(quantity), count(ordered_at))
    from maybe_purchase_orders
    union all
    select 'forecasts', count(*) - least(count(product_id), count(period_start), count(quantity))
    from maybe_forecasts
    union all
    select 'system_events', count(*) - least(count("at"), count(system), count(kind))
    from maybe_system_events
)
select table_name, row_count
from counts
where row_count > 0
