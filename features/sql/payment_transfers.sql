-- One row per pair of orders of a customer where what is paid too much on one is what is open on the other.
with over_paid as (
    select *
    from payment_orders
    where payment_count > 0 and difference > greatest(1, 0.005 * total_amount) and refunded_amount = 0
),
open_ones as (
    select *
    from payment_orders
    where difference < -greatest(1, 0.005 * total_amount)
)
select
    over_paid.order_id as paid_order_id,
    open_ones.order_id as open_order_id,
    over_paid.customer_id,
    -open_ones.difference as amount,
    -- One transfer for both is how customers pay; a second transfer of the other's amount went to the wrong order.
    over_paid.largest_amount > over_paid.total_amount + 0.5 * over_paid.difference as is_one_transfer
from over_paid
inner join open_ones
    on open_ones.customer_id = over_paid.customer_id and open_ones.order_id <> over_paid.order_id
where abs(over_paid.difference + open_ones.difference) <= 0.005 * over_paid.difference + 0.05
    and abs(date_diff('day', over_paid.ordered_at, open_ones.ordered_at)) <= 120
