-- One row per order line or promotion whose discount is not between 0 and 1.
-- title: Discounts are fractions from 0 to 1
-- blocking: false
with discounts as (
    select 'order_lines' as table_name, concat_ws('|', order_id, line_no) as key, discount
    from maybe_order_lines
    union all
    select 'promotions', promotion_id, discount
    from maybe_promotions
)
select table_name, key, discount
from discounts
where discount not between 0 and 1
