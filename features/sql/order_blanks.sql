-- One row per blank field of an order where that field is usually filled, with how usually.
-- A field counts only in the months in which its channel filled it at all: what a source never had can't be missing.
-- What is filled in later, such as the due date with the invoice, is asked of finished orders only.
with fields as (
    select
        order_id,
        customer_id,
        ordered_at,
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
counted as (
    select
        channel, country, customer_id, field, month,
        count(*) as order_count,
        count(*) filter (where has_text) as filled_count
    from fields
    where is_finished or field not in ('payment_due_at', 'promised_at', 'requested_at')
    group by channel, country, customer_id, field, month
),
months as (
    select channel, field, month
    from counted
    group by channel, field, month
    having sum(filled_count) >= 0.5 * sum(order_count)
),
captured as (
    select counted.*
    from counted
    inner join months using (channel, field, month)
),
customers as (
    select customer_id, field, sum(filled_count) as filled_count, sum(order_count) as order_count
    from captured
    group by customer_id, field
),
willing as (
    -- Who never gives a phone says nothing about those who always do.
    select captured.*, customers.filled_count >= 0.5 * customers.order_count or customers.order_count <= 2 as is_willing
    from captured
    inner join customers using (customer_id, field)
),
channels as (
    select
        channel,
        field,
        sum(filled_count) / sum(order_count) as channel_fill,
        sum(order_count) as channel_count,
        coalesce(sum(filled_count) filter (where is_willing) / sum(order_count) filter (where is_willing), 0) as willing_fill
    from willing
    group by channel, field
),
countries as (
    select
        channel,
        field,
        country,
        coalesce(sum(filled_count) filter (where is_willing), 0) as filled_count,
        coalesce(sum(order_count) filter (where is_willing), 0) as country_count
    from willing
    group by channel, field, country
),
blanks as (
    select fields.*
    from fields
    inner join months using (channel, field, month)
    where has_text is distinct from true
        and (is_finished or field not in ('payment_due_at', 'promised_at', 'requested_at'))
)
select
    blanks.order_id,
    blanks.customer_id,
    blanks.channel,
    blanks.country,
    blanks.ordered_at,
    facts.order_value,
    blanks.field,
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
inner join order_facts as facts using (order_id)
inner join channels on channels.channel = blanks.channel and channels.field = blanks.field
inner join countries
    on countries.channel = blanks.channel and countries.field = blanks.field and countries.country = blanks.country
inner join customers on customers.customer_id = blanks.customer_id and customers.field = blanks.field
where channels.willing_fill >= 0.8
