-- One row per line among the latest 40 of its product, with the head of its order, sorted by product.
with latest as (
    select lines.order_id, lines.line_no
    from order_lines as lines
    inner join orders using (order_id)
    where lines.product_id is not null
    qualify row_number() over (partition by lines.product_id order by orders.ordered_at desc, lines.order_id desc) <= 40
)
select lines.*, orders as head
from latest
inner join order_lines as lines using (order_id, line_no)
inner join orders using (order_id)
order by lines.product_id, orders.ordered_at, lines.order_id
