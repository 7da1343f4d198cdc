-- One row per order that is unpaid, or paid only in part, past its due date and past its payer's habit.
-- kind: payment_problem
-- title: Unpaid past due
-- silent_if: no_payment
-- default: repeat_days = 2    # an unpaid order with the lines of a paid one this shortly before it is taken for a duplicate
-- prior: 0.5 at 2.5, 0.95 at 6
-- reason.unpaid: {open_amount:,.2f} {currency} is unpaid {overdue_days:.0f} days after it was due; this customer usually pays by day {usual_days:.0f}.
-- reason.paid_in_part: {open_amount:,.2f} of {total_amount:,.2f} {currency} is still open {overdue_days:.0f} days after it was due; this customer usually settles by day {usual_days:.0f}.
-- counterfactual: With {open_amount:,.2f} {currency} more paid the order would not be flagged.
with due as (
    select
        orders.*,
        habits.settled_count,
        habits.paid_share,
        habits.lane_paid_share,
        epoch($now - orders.due_at) / 86400 as overdue_days,
        greatest(
            habits.usual_late_days,
            case when habits.settled_count >= 4 then greatest(habits.tail_days, 0.9 * habits.longest_days) else 0 end,
            1
        ) as limit_days
    from payment_orders as orders
    inner join payment_habits as habits using (customer_id)
    where orders.due_at < $now
        and orders.settled_at is null
        and orders.difference < -greatest(0.02 * orders.payable_amount, 1)
        and coalesce(orders.status, '') not in ('returned', 'cancelled')
        and orders.refunded_amount = 0
        and orders.order_id not in (select open_order_id from payment_transfers where is_one_transfer)
        -- While the goods are overdue the customer may well wait.
        and orders.order_id not in (select order_id from delivery_facts where is_open and late_days > 1)
),
judged as (
    select
        *,
        least(2.5 + (overdue_days - 1.15 * limit_days - 4) / greatest(3, 0.15 * limit_days), 8)
        + case when paid_amount > 0 then 0 else 12 * least(0, lane_paid_share - 0.8) + 5 * least(0, paid_share - 0.8) end
        -- Not shipped yet: payment can wait.
        - case
            when shipped_at is null and status in ('new', 'confirmed', 'allocated', 'picked', 'on_hold', 'backordered') then 1.5
            else 0
        end
        - case when pending_count > 0 then 1 else 0 end
        -- The next instalment may still come.
        - case when is_instalment and last_paid_at > $now - interval 45 day then 6 else 0 end as anomaly_score
    from due
    where anomaly_score >= 1
),
paid as (
    select order_id, customer_id, total_amount, ordered_at, ordered_at::date as day
    from payment_orders
    where payment_count > 0
),
unpaid as (
    -- Once for each day on which an order that it repeats may have come: days are equal or not, which joins are quick at.
    select *, ordered_at::date - unnest(range(0, cast($repeat_days as integer) + 1))::integer as day
    from judged
    where payment_count = 0
),
near as (
    -- Earlier paid orders of the customer or of the same amount; two joins, since one on either would compare all with all.
    select unpaid.order_id, unpaid.ordered_at, paid.order_id as other_id, paid.ordered_at as other_at, true as is_own
    from unpaid
    inner join paid on paid.customer_id = unpaid.customer_id and paid.day = unpaid.day
    union all
    select unpaid.order_id, unpaid.ordered_at, paid.order_id, paid.ordered_at, false
    from unpaid
    inner join paid
        on paid.total_amount = unpaid.total_amount and paid.day = unpaid.day and paid.customer_id <> unpaid.customer_id
),
contained as (
    -- Nobody pays for the same goods twice: an unpaid order within an earlier paid one is a duplicate's business.
    select near.order_id, near.other_id
    from near
    inner join order_facts as header on header.order_id = near.order_id
    inner join order_facts as other_header on other_header.order_id = near.other_id
    inner join line_facts as own on own.order_id = near.order_id
    left join line_facts as theirs
        on theirs.order_id = near.other_id and theirs.product_id = own.product_id and theirs.quantity = own.quantity
    where near.other_id <> near.order_id
        and near.other_at between near.ordered_at - to_days(cast($repeat_days as integer)) and near.ordered_at
        -- The same goods for another branch are another order.
        and (
            not near.is_own
            or regexp_replace(header.ship_to_address, '[^0-9]', '', 'g')
            is not distinct from regexp_replace(other_header.ship_to_address, '[^0-9]', '', 'g')
        )
    group by near.order_id, near.other_id
    having count(*) = count(theirs.order_id)
)
select
    order_id,
    case when paid_amount > 0 then 'paid_in_part' else 'unpaid' end as variant,
    anomaly_score,
    -difference as impact,
    'customer_default' as cause,
    {
        'open_amount': -difference,
        'total_amount': payable_amount,
        'paid_amount': paid_amount,
        'currency': currency,
        'overdue_days': overdue_days,
        'usual_days': limit_days,
        'settled_count': settled_count
    } as evidence
from judged
where order_id not in (select order_id from contained)
    and not exists (
        select 1
        from order_repeats as repeats
        inner join payment_orders as earlier on earlier.order_id = repeats.earlier_order_id
        where repeats.order_id = judged.order_id
            and judged.payment_count = 0
            and repeats.is_same_place
            and repeats.is_unusual
            and (
                earlier.payment_count > 0
                or repeats.earlier_order_id in (select again.order_id from order_repeats as again where again.is_unusual and again.gap_days < 1)
            )
    )
