-- One row per product and warehouse that another could help: what could be moved there, and from where.
select
    product_id,
    warehouse_id,
    sum(units) as move_units,
    string_agg(format('{:,}', units::bigint) || ' ← ' || from_warehouse_id, ', ' order by units desc) as moved
from transfers
group by product_id, warehouse_id
