-- One row per product and warehouse that sells or keeps it; only where there are several warehouses.
select product_id, warehouse_id, share, is_told_apart
from product_warehouses
where (select count(distinct warehouse_id) from product_warehouses) > 1
order by product_id, share desc
