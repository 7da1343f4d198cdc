-- One row per supplier: how far receipts stray from the promised day; few receipts lean on all suppliers together.
with overall as (
    select
        coalesce(median(late_days), 0) as median_days,
        coalesce(quantile_cont(late_days, 0.8), 2) as p80_days,
        coalesce(stddev_samp(least(greatest(late_days, -30), 60)), 3) as spread_days
    from supply_lines
    where not is_open
),
by_supplier as (
    select
        supplier_id,
        count(*) as line_count,
        count(late_days) as received_count,
        avg((late_days > 2)::double) as late_share,
        median(late_days) as median_days,
        quantile_cont(late_days, 0.8) as p80_days,
        stddev_samp(least(greatest(late_days, -30), 60)) as spread_days
    from supply_lines
    group by supplier_id
)
select
    by_supplier.supplier_id,
    line_count,
    received_count,
    late_share,
    (coalesce(by_supplier.median_days, 0) * received_count + 6 * overall.median_days) / (received_count + 6) as median_days,
    (coalesce(by_supplier.p80_days, 0) * received_count + 6 * overall.p80_days) / (received_count + 6) as p80_days,
    (coalesce(by_supplier.spread_days, 0) * received_count + 6 * overall.spread_days) / (received_count + 6) as spread_days
from by_supplier
cross join overall
