-- One row per blank field of an order where that field is usually filled, with how usually.
-- A field counts only in the months in which its channel filled it at all: what a source never had can't be missing.
-- What is filled in later, such as the due date with the invoice, is asked of finished orders only.
with filled as (
    select
        order_id,
        customer_id,
        ordered_at,
        order_value,
        coalesce(channel, '') as channel,
        upper(trim(coalesce(ship_to_country, customer_country, ''))) as country,
        date_trunc('month', ordered_at) as month,
        coalesce(status, '') in ('delivered', 'invoiced', 'closed') as is_finished,
        [
            coalesce(trim(ship_to_name) <> '', false), coalesce(trim(ship_to_phone) <> '', false),
            coalesce(trim(ship_to_address) <> '', false), coalesce(trim(ship_to_city) <> '', false),
            coalesce(trim(ship_to_region) <> '', false), coalesce(trim(ship_to_postal_code) <> '', false),
            coalesce(trim(ship_to_country) <> '', false), coalesce(trim(order_number) <> '', false),
            coalesce(trim(currency) <> '', false), coalesce(trim(entered_by) <> '', false),
            coalesce(trim(customer_po) <> '', false), total_amount is not null,
            coalesce(trim(channel) <> '', false), coalesce(trim(status) <> '', false),
            case when is_finished then payment_due_at is not null end,
            case when is_finished then promised_at is not null end,
            case when is_finished then requested_at is not null end
        ] as has_text
    from order_facts
),
by_month as (
    select
        channel, month, unnest(range(1, len(has_text) + 1)) as place, unnest(has_text) as has_text, order_count
    from (select channel, month, has_text, count(*) as order_count from filled group by all)
),
monthly as (
    select
        channel,
        month,
        place,
        sum(order_count) filter (where has_text) >= 0.5 * sum(order_count) filter (where has_text is not null) as is_captured
    from by_month
    group by channel, month, place
),
months as (
    select channel, month, list(coalesce(is_captured, false) order by place) as is_captured
    from monthly
    group by channel, month
),
asked as (
    -- What was not captured, or not yet, says nothing.
    select
        filled.* exclude (has_text),
        list_transform(filled.has_text, lambda has, place: case when months.is_captured[place] then has end) as has_text
    from filled
    inner join months using (channel, month)
),
unfolded as (
    select
        channel,
        country,
        customer_id,
        unnest(range(1, len(has_text) + 1)) as place,
        unnest(has_text) as has_text,
        order_count
    from (select channel, country, customer_id, has_text, count(*) as order_count from asked group by all)
),
captured as (
    select
        channel,
        country,
        customer_id,
        place,
        sum(order_count) as order_count,
        coalesce(sum(order_count) filter (where has_text), 0) as filled_count
    from unfolded
    where has_text is not null
    group by channel, country, customer_id, place
),
customers as (
    select customer_id, place, sum(filled_count) as filled_count, sum(order_count) as order_count
    from captured
    group by customer_id, place
),
willing as (
    -- Who never gives a phone says nothing about those who always do.
    select captured.*, customers.filled_count >= 0.5 * customers.order_count or customers.order_count <= 2 as is_willing
    from captured
    inner join customers using (customer_id, place)
),
channels as (
    select
        channel,
        place,
        sum(filled_count) / sum(order_count) as channel_fill,
        sum(order_count) as channel_count,
        coalesce(sum(filled_count) filter (where is_willing) / sum(order_count) filter (where is_willing), 0) as willing_fill
    from willing
    group by channel, place
),
countries as (
    select
        channel,
        place,
        country,
        coalesce(sum(filled_count) filter (where is_willing), 0) as filled_count,
        coalesce(sum(order_count) filter (where is_willing), 0) as country_count
    from willing
    group by channel, place, country
),
blanks as (
    select
        * exclude (has_text),
        unnest(list_where(range(1, len(has_text) + 1), list_transform(has_text, lambda has: coalesce(not has, false)))) as place
    from asked
)
select
    blanks.order_id,
    blanks.customer_id,
    blanks.channel,
    blanks.country,
    blanks.ordered_at,
    blanks.order_value,
    [
        'ship_to_name', 'ship_to_phone', 'ship_to_address', 'ship_to_city', 'ship_to_region', 'ship_to_postal_code',
        'ship_to_country', 'order_number', 'currency', 'entered_by', 'customer_po', 'total_amount', 'channel', 'status',
        'payment_due_at', 'promised_at', 'requested_at'
    ][blanks.place] as field,
    channels.channel_fill,
    channels.channel_count,
    (countries.filled_count + 20 * channels.willing_fill) / (countries.country_count + 20) as usual_fill,
    -- Of a new customer it isn't known yet whether it gives the field.
    case
        when customers.order_count <= 2 then channels.channel_fill
        else (customers.filled_count + 3 * (countries.filled_count + 20 * channels.willing_fill) / (countries.country_count + 20))
            / (customers.order_count + 2)
    end as customer_fill
from blanks
-- Left joins, though each finds its row: they are done in this order, from the few blanks on.
left join channels on channels.channel = blanks.channel and channels.place = blanks.place
left join countries
    on countries.channel = blanks.channel and countries.place = blanks.place and countries.country = blanks.country
left join customers on customers.customer_id = blanks.customer_id and customers.place = blanks.place
where channels.willing_fill >= 0.8
