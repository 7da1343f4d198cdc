-- One row per open order line of a product whose stock does not cover all that wait for it.
with demand as (
    select product_id, sum(units) as wanted, count(distinct order_id) as order_count
    from waiting_lines
    group by product_id
)
select
    waiting.order_id,
    waiting.line_no,
    waiting.product_id,
    waiting.customer_id,
    waiting.ordered_at as entered_at,
    waiting.needed_at,
    waiting.units,
    waiting.value,
    greatest(stock.on_hand, 0) as stock,
    demand.wanted
from waiting_lines as waiting
inner join demand using (product_id)
inner join stock_now as stock using (product_id)
where demand.wanted > stock.on_hand and stock.on_hand > 0 and demand.order_count > 1
