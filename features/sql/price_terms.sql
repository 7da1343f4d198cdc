-- One row per order line: the list price, the contract price and the promotions that stood in the books on its day.
with lines as (
    select order_id, line_no, product_id, customer_id, ordered_at from line_facts
),
listed as (
    select lines.*, list.* exclude (product_id, customer_id)
    from lines
    asof left join (select * from price_periods where customer_id is null) as list
        on list.product_id = lines.product_id and list.valid_from <= lines.ordered_at
),
contracts as (
    select * from price_periods where customer_id is not null
),
contract_lines as (
    select * from lines where customer_id in (select customer_id from contracts)
),
agreed as (
    select lines.order_id, lines.line_no, contracts.*
    from contract_lines as lines
    asof inner join contracts
        on contracts.product_id = lines.product_id
        and contracts.customer_id = lines.customer_id
        and contracts.valid_from <= lines.ordered_at
),
coming as (
    select lines.order_id, lines.line_no, contracts.unit_price, contracts.valid_from
    from contract_lines as lines
    asof inner join contracts
        on contracts.product_id = lines.product_id
        and contracts.customer_id = lines.customer_id
        and contracts.valid_from > lines.ordered_at
)
select
    listed.order_id,
    listed.line_no,
    listed.unit_price as list_price,
    listed.valid_from as list_from,
    listed.previous_price as previous_list_price,
    listed.price_before_previous as older_list_price,
    listed.next_price as next_list_price,
    listed.next_from as next_list_from,
    case when agreed.valid_until is null or listed.ordered_at < agreed.valid_until then agreed.unit_price end
        as contract_price,
    agreed.valid_from as contract_from,
    case when listed.ordered_at >= agreed.valid_until then agreed.unit_price end as ended_contract_price,
    agreed.valid_until as contract_until,
    agreed.previous_price as previous_contract_price,
    coming.unit_price as next_contract_price,
    coming.valid_from as next_contract_from,
    promotions.promotion_discount,
    promotions.promotion_discounts
from listed
left join agreed using (order_id, line_no)
left join coming using (order_id, line_no)
left join price_promotions as promotions using (order_id, line_no)
