-- One row per order that repeats an earlier one of its customer or for its address, and whether sooner than habit has it.
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
        -- Its digits tell a place apart, however the street is spelled.
        regexp_replace(facts.ship_to_address, '[^0-9]', '', 'g') || chr(31) || facts.ship_to_city as place,
        baskets.basket,
        unnest([
            'customer' || chr(31) || facts.customer_id || chr(31) || baskets.products,
            'address' || chr(31) || facts.ship_to_address || chr(31) || facts.ship_to_city || chr(31) || baskets.products,
            'number' || chr(31) || case when length(facts.customer_po) >= 4 then facts.customer_po end || chr(31) || baskets.products,
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
        lag(place) over alike as earlier_place,
        epoch(ordered_at - lag(ordered_at) over alike) / 86400 as gap_days,
        count(*) over (partition by likeness) as alike_count
    from keyed
    where likeness is not null
    window alike as (partition by likeness order by ordered_at, order_id)
),
usual as (
    select *, median(gap_days) over (partition by likeness) as usual_gap_days
    from stepped
)
select
    order_id,
    earlier_order_id,
    gap_days,
    basket = earlier_basket as is_same_basket,
    place is not distinct from earlier_place as is_same_place,
    alike_count <= 2 or gap_days < 0.1 or gap_days < 0.4 * usual_gap_days and not starts_with(likeness, 'number') as is_unusual
from usual
where gap_days <= $window_days
qualify row_number() over (partition by order_id order by is_unusual desc, is_same_place desc, is_same_basket desc, gap_days) = 1
