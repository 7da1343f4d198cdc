-- One row per forecast of a product issued for an interval, every version, the latest made last.
select period_start, period_days, quantity, made_at
from maybe_forecasts
where
    product_id = $product_id
    and period_start between $start::timestamp - interval 6 day and $until::timestamp
order by period_start, made_at
limit 500
