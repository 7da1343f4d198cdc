-- One row per order that repeats an earlier one of its customer, or for its address, sooner than habit would have it.
-- default: window_days = 31    # a repeat after more than a month is taken for a new order
with baskets as (
    select
        order_id,
        hash(list_sort(list(product_id))) as products,
        hash(list_sort(list(product_id || 'x' || quantity))) as basket
    from line_facts
    group by order_id
),
keyed as (
    -- What makes two orders alike: the products, for the customer or the address; or the purchase order number.
    select
        facts.order_id,
        facts.customer_id,
        facts.ordered_at,
        facts.ship_to_address,
        baskets.basket,
        unnest([
            'customer' || chr(31) || facts.customer_id || chr(31) || baskets.products,
            'address' || chr(31) || facts.ship_to_address || chr(31) || facts.ship_to_city || chr(31) || baskets.products,
            'number' || chr(31) || case when length(facts.customer_po) >= 4 then facts.customer_po end,
            'order' || chr(31) || regexp_replace(facts.order_number, '^(.*[0-9])([A-Za-z]|[-/_. ][A-Za-z0-9]{1,2})$', '\1')
        ]) as likeness
    from order_facts as facts
    inner join baskets using (order_id)
),
stepped as (
    select
        *,
        lag(order_id) over alike as earlier_order_id,
        lag(basket) over alike as earlier_basket,
        lag(ship_to_address) over alike as earlier_address,
        epoch(ordered_at - lag(ordered_at) over alike) / 86400 as gap_days,
        count(*) over (partition by likeness) as alike_count
    from keyed
    where likeness is not null
    window alike as (partition by likeness order by ordered_at, order_id)
),
usual as (
    select *, median(gap_days) over (partition by likeness) as usual_gap_days
    from stepped
),
line_steps as (
    select
        order_id,
        lag(order_id) over same_line as earlier_order_id,
        epoch(ordered_at - lag(ordered_at) over same_line) / 86400 as gap_days,
        count(*) over (partition by customer_id, product_id, quantity) as line_count
    from line_facts
    window same_line as (partition by customer_id, product_id, quantity order by ordered_at, order_id)
),
parts as (
    -- Every line of it stood on one order of the days before.
    select order_id, any_value(earlier_order_id) as earlier_order_id, max(gap_days) as gap_days
    from line_steps
    group by order_id
    having count(*) = count(earlier_order_id)
        and count(distinct earlier_order_id) = 1
        and max(gap_days) <= 3
        and max(line_count) <= 3
),
repeats as (
    select
        order_id,
        earlier_order_id,
        gap_days,
        basket = earlier_basket as is_same_basket,
        ship_to_address is not distinct from earlier_address as is_same_place
    from usual
    where gap_days <= $window_days
        and (
            alike_count <= 2
            or gap_days < 0.1
            or gap_days < 0.55 * usual_gap_days and not starts_with(likeness, 'number')
        )
    union all
    select order_id, earlier_order_id, gap_days, false, false
    from parts
)
select *
from repeats
qualify row_number() over (partition by order_id order by is_same_basket desc, gap_days) = 1
