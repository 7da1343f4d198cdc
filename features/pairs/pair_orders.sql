-- One row per order: everything two orders are compared by, as narrow numbers that are null where the value is.
-- What depends on the channel or the day alone is worked out once for each.
with channels as (
    select
        channel as written,
        if(trim(channel) <> '', hash(lower(trim(channel))), null) as channel,
        case
            when regexp_matches(lower(channel), 'edi|import|api|batch|file|interface|接口|导入') then 'machine'
            when regexp_matches(lower(channel), 'web|portal|shop|app|online|store|网|商城') then 'web'
            when trim(channel) <> '' then 'manual'
        end as channel_sort
    from (select distinct channel from match_orders)
),
days as (
    select
        day,
        [strftime(day, '%y%m%d'), strftime(day, '%d%m%y'), strftime(day, '%d%m%Y'), strftime(day, '%m%d%y')] as written
    from (select distinct cast(ordered_at as date) as day from match_orders)
)
select
    ids.id,
    orders.order_id,
    orders.ordered_at,
    epoch(orders.ordered_at)::bigint as second,
    isodow(orders.ordered_at)::integer as weekday,
    orders.ordered_at = date_trunc('day', orders.ordered_at) as is_date_only,
    cast(orders.requested_at as date) as requested_on,
    hash(orders.customer_id) as customer,
    coalesce(customers.entity, hash(orders.customer_id)) as entity,
    channels.channel,
    channels.channel_sort,
    if(trim(orders.entered_by) <> '', hash(lower(trim(orders.entered_by))), null) as operator,
    po.hashed as po,
    po.stem as po_stem,
    po.number as po_number,
    po.shape as po_shape,
    case
        when contains(po.key, days.written[1]) then replace(po.key, days.written[1], '')
        when contains(po.key, days.written[2]) then replace(po.key, days.written[2], '')
        when contains(po.key, days.written[3]) then replace(po.key, days.written[3], '')
        when contains(po.key, days.written[4]) then replace(po.key, days.written[4], '')
    end as po_beside_date,
    numbers.hashed as number,
    numbers.stem as number_stem,
    coalesce(ship.hashed, customers.ship) as ship,
    coalesce(receiver.hashed, customers.receiver) as receiver,
    coalesce(phone.hashed, customers.phone) as phone,
    orders.status = 'returned' as is_returned,
    coalesce(orders.payment_due_at, orders.ordered_at + interval 60 day) as due_at,
    baskets.product_count,
    baskets.basket,
    baskets.products,
    baskets.rarest_product,
    coalesce(orders.total_amount, baskets.net_value) as amount
from match_orders as orders
inner join pair_ids as ids on ids.written = hash(orders.order_id)
left join channels on channels.written = orders.channel
left join days on days.day = cast(orders.ordered_at as date)
left join pair_baskets as baskets on baskets.id = ids.id
left join pair_customers as customers on customers.customer_id = orders.customer_id
left join pair_references as po on po.written = hash(orders.customer_po)
left join pair_references as numbers on numbers.written = hash(orders.order_number)
left join normal_addresses as ship on ship.value = orders.ship_to_address
left join normal_names as receiver on receiver.value = orders.ship_to_name
left join normal_phones as phone on phone.value = orders.ship_to_phone
