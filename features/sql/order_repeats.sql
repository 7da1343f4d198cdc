-- One row per order that repeats an earlier one of its customer or for its address, and whether sooner than habit has it.
-- default: window_days = 31    # a repeat after more than a month is taken for a new order
with addresses as (
    -- Its digits tell a place apart, however the street is spelled.
    select ship_to_address, regexp_replace(ship_to_address, '[^0-9]+', '', 'g') as digits
    from (select distinct ship_to_address from order_facts where ship_to_address is not null)
),
baskets as (
    -- Sums of hashes do not mind the order of lines.
    select
        order_id,
        hash(sum(hash(product_id))) as products,
        hash(sum(hash(product_id, quantity))) as basket
    from line_facts
    group by order_id
),
keyed as (
    -- What makes two orders alike: the products, for the customer or the address or the purchase order number.
    select
        facts.order_id,
        facts.ordered_at,
        hash(addresses.digits, facts.ship_to_city) as place,
        baskets.basket,
        unnest([
            hash('customer', facts.customer_id, baskets.products),
            case when facts.ship_to_address <> '' then hash('address', facts.ship_to_address, facts.ship_to_city, baskets.products) end,
            case when length(facts.customer_po) >= 4 then hash('number', facts.customer_po, baskets.products) end,
            case
                -- Few numbers end in something that could be left out; asking that first is quicker.
                when regexp_matches(facts.order_number, '[^0-9][A-Za-z0-9]{0,2}$')
                    then hash('order', regexp_replace(facts.order_number, '^(.*[0-9])([A-Za-z]|[-/_. ][A-Za-z0-9]{1,2})$', '\1'))
                when facts.order_number <> '' then hash('order', facts.order_number)
            end
        ]) as likeness
    from order_facts as facts
    inner join baskets using (order_id)
    left join addresses using (ship_to_address)
),
likenesses as (
    select likeness, count(*) as alike_count
    from keyed
    where likeness is not null
    group by likeness
    having count(*) > 1
),
stepped as (
    select
        keyed.*,
        likenesses.alike_count,
        lag(order_id) over alike as earlier_order_id,
        lag(basket) over alike as earlier_basket,
        lag(place) over alike as earlier_place,
        epoch(ordered_at - lag(ordered_at) over alike) / 86400 as gap_days
    from keyed
    inner join likenesses using (likeness)
    window alike as (partition by likeness order by ordered_at, order_id)
),
habits as (
    select likeness, median(gap_days) as usual_gap_days
    from stepped
    where alike_count > 2
    group by likeness
)
select
    order_id,
    earlier_order_id,
    gap_days,
    basket = earlier_basket as is_same_basket,
    place = earlier_place as is_same_place,
    alike_count = 2 or gap_days < 0.1 or gap_days < 0.4 * usual_gap_days as is_unusual
from stepped
left join habits using (likeness)
where gap_days <= $window_days
qualify row_number() over (partition by order_id order by is_unusual desc, is_same_place desc, is_same_basket desc, gap_days) = 1
