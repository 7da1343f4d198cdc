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
        order_facts.line_count,
        coalesce(leads.is_planned_ahead, false) as is_planned_ahead
    from order_facts
    inner join order_profile_hours as hours using (order_id)
    inner join order_profile_products as products using (order_id)
    left join quantity_leads as leads using (order_id)
),
channels as (
    select channel, count(*) / sum(count(*)) over () as usual_share
    from orders
    group by channel
),
compared as (
    select
        orders.*,
        rank() over (partition by customer_id order by ordered_at) - 1 as earlier_count,
        avg(log_value) over recent as usual_log_value,
        stddev_samp(log_value) over recent as log_value_spread,
        avg(new_product_share) over recent as usual_new_share,
        rank() over (partition by hash(customer_id, orders.channel) order by ordered_at) - 1 as same_channel_count,
        rank() over (partition by hash(customer_id, entered_by) order by ordered_at) - 1 as same_operator_count,
        rank() over of_place - 1 as same_place_count,
        rank() over (partition by hash(customer_id, area) order by ordered_at) - 1 as same_area_count,
        count(*) over (of_place rows between unbounded preceding and unbounded following)
        - count(*) over (of_place range between unbounded preceding and current row) as later_place_count,
        channels.usual_share as usual_channel_share
    from orders
    inner join channels on channels.channel = orders.channel
    window
        recent as (partition by customer_id order by ordered_at, order_id rows between 30 preceding and 1 preceding),
        of_place as (partition by hash(customer_id, place) order by ordered_at)
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
