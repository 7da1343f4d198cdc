-- One row per order of a customer with a history: how it compares with that customer's earlier orders.
-- default: least_history = 6    # orders of this customer before one can be unlike them
with orders as (
    select
        order_facts.order_id,
        order_facts.customer_id,
        order_facts.ordered_at,
        order_facts.order_value,
        order_facts.currency,
        coalesce(order_facts.channel, '') as channel,
        coalesce(order_facts.entered_by, '') as entered_by,
        coalesce(order_facts.ship_to_city, order_facts.ship_to_postal_code, '') as place,
        coalesce(order_facts.ship_to_region, order_facts.ship_to_country, '') as area,
        ln(greatest(order_facts.order_value, 0.01)) as log_value,
        hours.order_hour,
        hours.near_hour_count,
        hours.usual_hour_share,
        products.new_product_share,
        products.new_product_count,
        order_facts.line_count
    from order_facts
    inner join order_profile_hours as hours using (order_id)
    inner join order_profile_products as products using (order_id)
),
compared as (
    select
        *,
        count(*) over before as earlier_count,
        avg(log_value) over recent as usual_log_value,
        stddev_samp(log_value) over recent as log_value_spread,
        avg(new_product_share) over recent as usual_new_share,
        count(*) over (
            partition by customer_id, channel
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ) as same_channel_count,
        count(*) over (
            partition by customer_id, entered_by
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ) as same_operator_count,
        count(*) over (
            partition by customer_id, place
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ) as same_place_count,
        count(*) over (
            partition by customer_id, area
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ) as same_area_count,
        count(*) over (
            partition by customer_id, place
            order by ordered_at range between interval 1 microsecond following and unbounded following
        ) as later_place_count,
        count(*) over (partition by channel) / count(*) over () as usual_channel_share
    from orders
    window
        before as (
            partition by customer_id
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ),
        recent as (partition by customer_id order by ordered_at rows between 30 preceding and 1 preceding)
)
select
    *,
    -- Surprise in nats: minus the log of the chance, shrunk to what is usual in the whole company.
    -ln((near_hour_count + 2 * usual_hour_share) / (earlier_count + 2)) as hour_surprise,
    -ln((same_channel_count + 2 * usual_channel_share) / (earlier_count + 2)) as channel_surprise,
    -ln((same_operator_count + 0.5) / (earlier_count + 1)) as operator_surprise,
    case when place = '' then 0 else -ln((same_place_count + later_place_count + 0.5) / (earlier_count + 1)) end
        as place_surprise,
    case when area = '' then 0 else -ln((same_area_count + 0.5) / (earlier_count + 1)) end as area_surprise,
    greatest(new_product_share - coalesce(usual_new_share, 0), 0) as unfamiliarity,
    greatest((log_value - usual_log_value) / sqrt(
        (least(earlier_count, 30) * coalesce(log_value_spread, 0.5) ^ 2 + 6 * 0.6 ^ 2) / (least(earlier_count, 30) + 6)
    ), 0) as value_surprise
from compared
where earlier_count >= $least_history
