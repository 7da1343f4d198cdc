-- One row: which tables there are for planning, and how many stock figures lie after the data's clock and are left out.
select
    (select count(*) from maybe_inventory where as_of <= $now) as inventory_count,
    (select count(*) from maybe_inventory where as_of > $now) as later_count,
    (select count(*) from maybe_purchase_orders) as purchase_count,
    (select count(*) from maybe_forecasts) as forecast_count,
    (select count(*) from maybe_stock_counts) as count_count,
    (select count(*) from demand_lines where shipped_quantity is not null) as shipped_count,
    $now::timestamp as now
