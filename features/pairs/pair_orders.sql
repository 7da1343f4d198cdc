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
        strftime(day, '%y%m%d') as year_first,
        strftime(day, '%d%m%y') as day_first,
        strftime(day, '%d%m%Y') as day_first_long,
        strftime(day, '%m%d%y') as month_first
    from (select distinct cast(ordered_at as date) as day from pair_ids)
)
select
    orders.id,
    orders.order_id,
    orders.ordered_at,
    epoch(orders.ordered_at)::bigint as second,
    isodow(orders.ordered_at)::integer as weekday,
    orders.ordered_at = date_trunc('day', orders.ordered_at) as is_date_only,
    orders.requested_on,
    orders.customer,
    coalesce(customers.entity, orders.customer) as entity,
    channels.channel,
    channels.channel_sort,
    orders.operator,
    po.hashed as po,
    po.stem as po_stem,
    po.number as po_number,
    po.shape as po_shape,
    case
        when contains(po.key, days.year_first) then replace(po.key, days.year_first, '')
        when contains(po.key, days.day_first) then replace(po.key, days.day_first, '')
        when contains(po.key, days.day_first_long) then replace(po.key, days.day_first_long, '')
        when contains(po.key, days.month_first) then replace(po.key, days.month_first, '')
    end as po_beside_date,
    numbers.hashed as number,
    numbers.stem as number_stem,
    coalesce(ship.hashed, customers.ship) as ship,
    coalesce(receiver.hashed, customers.receiver) as receiver,
    coalesce(phone.hashed, customers.phone) as phone,
    orders.is_returned,
    orders.due_at,
    baskets.product_count,
    baskets.basket,
    baskets.products,
    baskets.rarest_product,
    coalesce(orders.total_amount, baskets.net_value) as amount
from pair_ids as orders
left join pair_baskets as baskets on baskets.id = orders.id
left join pair_references as po on po.written = orders.po_written
left join pair_references as numbers on numbers.written = orders.number_written
left join channels on hash(channels.written) = orders.channel_written
left join days on days.day = cast(orders.ordered_at as date)
left join pair_customers as customers on customers.customer = orders.customer
left join normal_addresses as ship on hash(ship.value) = orders.ship_written
left join normal_names as receiver on hash(receiver.value) = orders.receiver_written
left join normal_phones as phone on hash(phone.value) = orders.phone_written
