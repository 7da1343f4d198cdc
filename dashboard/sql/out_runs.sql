-- One row: products without any stock now, and the longest run of days without.
select
    count(*) filter (where is_going_on) as out_now,
    max(run_days) as longest_days,
    arg_max(out_of_stock_runs.product_id, run_days) as longest_id,
    coalesce(arg_max(products.name, run_days), arg_max(out_of_stock_runs.product_id, run_days)) as longest_name
from out_of_stock_runs
left join maybe_products as products using (product_id)
