-- One row per order line with an expected price: its size in the three ways that quantity discounts go by, and its discount in steps of a hundredth.
select
    line_facts.order_id,
    line_facts.line_no,
    line_facts.customer_id,
    line_facts.product_id,
    line_facts.currency,
    line_facts.category,
    line_facts.is_known_wrong,
    line_facts.quantity,
    -- what a promotion took off is no quantity discount
    expectations.deviation - case
        when list_bool_or(
            list_transform(promotions.promotion_discounts, lambda promised: abs(line_facts.discount - promised) < 0.002)
        ) then ln(1 - line_facts.discount)
        else 0
    end as own_deviation,
    round(own_deviation, 2) as step,
    ln(line_facts.quantity) as log_quantity,
    ln(line_facts.quantity) + expectations.log_expected as log_value,
    -- breaks that are set product by product show against the product's usual quantity
    peers.size
from line_facts
inner join price_expectations as expectations using (order_id, line_no)
left join price_promotions as promotions using (order_id, line_no)
left join quantity_peers as peers using (order_id, line_no)
where line_facts.quantity >= 1 and expectations.deviation is not null
