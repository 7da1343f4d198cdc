-- One row per customer: how often they order anything, how closely, how much they repeat themselves, where to.
-- The weekdays on which many of their orders come are the bits 1 (Monday) to 7 of one number.
-- default: least_weekday_share = 0.15
with gaps as (
    select
        *,
        second - lag(second) over (partition by entity order by id) as gap
    from pair_orders
)
select
    entity,
    count(*) as order_count,
    quantile_disc(gap, 0.51) as usual_gap,
    (max(second) - min(second)) / count(*) as mean_gap,
    count(*) filter (where gap <= 3600) as hour_count,
    count(*) filter (where gap <= 4 * 3600) as four_hour_count,
    count(*) filter (where gap <= 86400) as day_count,
    count(distinct basket) as basket_count,
    count(distinct ship) as ship_count,
    count(distinct po) as po_count,
    count(po) as po_order_count,
    count(po_beside_date) >= 3 and count(distinct po_beside_date) <= 0.4 * count(po_beside_date) as has_dates_for_po,
    if(count(*) filter (where weekday = 1) >= $least_weekday_share * count(*), 2, 0)
    + if(count(*) filter (where weekday = 2) >= $least_weekday_share * count(*), 4, 0)
    + if(count(*) filter (where weekday = 3) >= $least_weekday_share * count(*), 8, 0)
    + if(count(*) filter (where weekday = 4) >= $least_weekday_share * count(*), 16, 0)
    + if(count(*) filter (where weekday = 5) >= $least_weekday_share * count(*), 32, 0)
    + if(count(*) filter (where weekday = 6) >= $least_weekday_share * count(*), 64, 0)
    + if(count(*) filter (where weekday = 7) >= $least_weekday_share * count(*), 128, 0) as usual_weekdays
from gaps
group by entity
