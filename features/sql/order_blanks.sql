-- One row per blank field of an order where that field is usually filled, with how usually.
-- A field counts only in the months in which its channel filled it at all: what a source never had can't be missing.
-- What is filled in later, such as the due date with the invoice, is asked of shipped orders only.
with fields as (
    select
        order_id,
        customer_id,
        ordered_at,
        order_value,
        coalesce(channel, '') as channel,
        upper(trim(coalesce(ship_to_country, customer_country, ''))) as country,
        date_trunc('month', ordered_at) as month,
        coalesce(status, '') in ('delivered', 'invoiced', 'closed') as is_finished,
        unnest([
            'ship_to_name', 'ship_to_phone', 'ship_to_address', 'ship_to_city', 'ship_to_region', 'ship_to_postal_code',
            'ship_to_country', 'order_number', 'currency', 'entered_by', 'customer_po', 'total_amount', 'payment_due_at',
            'promised_at', 'requested_at', 'channel', 'status'
        ]) as field,
        unnest([
            trim(ship_to_name) <> '', trim(ship_to_phone) <> '', trim(ship_to_address) <> '', trim(ship_to_city) <> '',
            trim(ship_to_region) <> '', trim(ship_to_postal_code) <> '', trim(ship_to_country) <> '',
            trim(order_number) <> '', trim(currency) <> '', trim(entered_by) <> '', trim(customer_po) <> '',
            total_amount is not null, payment_due_at is not null, promised_at is not null, requested_at is not null,
            trim(channel) <> '', trim(status) <> ''
        ]) as has_text
    from order_facts
),
filled as (
    select * exclude (has_text), coalesce(has_text, false) as is_filled
    from fields
    where is_finished or field not in ('payment_due_at', 'promised_at', 'requested_at')
),
months as (
    select channel, field, month
    from filled
    group by channel, field, month
    having avg(is_filled::integer) >= 0.5
),
captured as (
    select filled.*
    from filled
    inner join months using (channel, field, month)
),
channels as (
    select channel, field, avg(is_filled::integer) as channel_fill, count(*) as channel_count
    from captured
    group by channel, field
),
countries as (
    select channel, field, country, sum(is_filled::integer) as filled_count, count(*) as country_count
    from captured
    group by channel, field, country
),
customers as (
    select customer_id, field, sum(is_filled::integer) as filled_count, count(*) as customer_count
    from captured
    group by customer_id, field
)
select
    captured.order_id,
    captured.customer_id,
    captured.channel,
    captured.country,
    captured.ordered_at,
    captured.order_value,
    captured.field,
    channels.channel_fill,
    channels.channel_count,
    (countries.filled_count + 20 * channels.channel_fill) / (countries.country_count + 20) as usual_fill,
    countries.country_count,
    customers.filled_count as customer_filled_count,
    customers.customer_count,
    count(*) over (partition by captured.order_id) as blank_count
from captured
inner join channels using (channel, field)
inner join countries using (channel, field, country)
inner join customers using (customer_id, field)
where not captured.is_filled and channels.channel_fill >= 0.8
