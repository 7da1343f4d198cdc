-- One row per key that several rows of its table have.
-- title: Keys are unique
-- blocking: true
select 'orders' as table_name, order_id as key, count(*) as row_count
from maybe_orders
group by order_id
having count(*) > 1
union all
select 'order_lines', concat_ws('|', order_id, line_no), count(*)
from maybe_order_lines
group by order_id, line_no
having count(*) > 1
