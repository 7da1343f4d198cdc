-- One row per order line far from its usual quantity: how far the rest of its order, its customer and all business of those days are, too.
with lines as (
    select
        order_id,
        line_no,
        deviation,
        row_number() over (partition by order_id order by deviation) as place
    from quantity_expectations
    where pair_count + product_count >= 3
        and deviation is not null
        and order_id in (select order_id from quantity_expectations where abs(deviation) > 1)
),
orders as (
    select order_id, count(*) - 1 as other_count, list(deviation order by place) as deviations
    from lines
    group by order_id
),
days as (
    select
        ordered_on,
        count(*) filter (where deviation > 0.8) as raised_count,
        count(*) as line_count
    from quantity_expectations
    where pair_count >= 3
    group by ordered_on
),
around as (
    select
        ordered_on,
        sum(raised_count) over fortnight / greatest(sum(line_count) over fortnight, 20) as raised_share
    from days
    window fortnight as (order by ordered_on range between interval 10 days preceding and interval 10 days following)
),
customer_days as (
    select
        customer_key,
        ordered_on,
        count(*) filter (where deviation > 0.6) as raised_count,
        count(*) as line_count
    from quantity_expectations
    group by customer_key, ordered_on
),
customer_around as (
    select
        customer_key,
        ordered_on,
        sum(raised_count) over weeks as raised_count,
        sum(line_count) over weeks as line_count
    from customer_days
    window weeks as (
        partition by customer_key
        order by ordered_on range between interval 21 days preceding and interval 21 days following
    )
),
leaps as (
    -- Some order little of everything and now and then much of something: for them a leap as far is no surprise.
    select
        customer_key,
        count(distinct order_id) as order_count,
        count(distinct order_id) filter (where deviation > 1.5) as leap_count,
        count(distinct order_id) filter (where deviation > 2.5) as long_leap_count,
        count(distinct order_id) filter (where deviation > 3.5) as longer_leap_count,
        count(distinct order_id) filter (where deviation > 4.5) as longest_leap_count
    from quantity_expectations
    group by customer_key
)
select
    expectations.order_id,
    expectations.line_no,
    coalesce(orders.other_count, 0) as other_count,
    -- the median without this line: the middle of the sorted list moves on by one where the line stands before it
    coalesce(
        case
            when lines.place is null then list_median(orders.deviations)
            else (
                orders.deviations[(orders.other_count + 1) // 2 + (lines.place <= (orders.other_count + 1) // 2)::integer]
                + orders.deviations[orders.other_count // 2 + 1 + (lines.place <= orders.other_count // 2 + 1)::integer]
            ) / 2
        end,
        0
    ) as other_deviation,
    coalesce(around.raised_share, 0) as raised_share,
    -- among the customer's other lines of those weeks, with three of the usual kind added
    (customers.raised_count - (expectations.deviation > 0.6)::integer) / (customers.line_count + 2) as customer_raised_share,
    -- among all the customer's other orders, with ten of the usual kind added
    greatest(
        case
            when expectations.deviation > 4.8 then leaps.longest_leap_count
            when expectations.deviation > 3.8 then leaps.longer_leap_count
            when expectations.deviation > 2.8 then leaps.long_leap_count
            when expectations.deviation > 1.5 then leaps.leap_count
            else 0
        end - 1,
        0
    ) / (leaps.order_count + 9) as customer_leap_share
from quantity_expectations as expectations
left join orders using (order_id)
left join lines using (order_id, line_no)
left join around using (ordered_on)
inner join leaps on leaps.customer_key = expectations.customer_key
inner join customer_around as customers
    on customers.customer_key = expectations.customer_key and customers.ordered_on = expectations.ordered_on
where abs(expectations.deviation) > 1
