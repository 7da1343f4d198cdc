-- One row per order: everything two orders are compared by, as narrow numbers that are null where the value is.
select
    ids.id,
    orders.order_id,
    orders.ordered_at,
    epoch(orders.ordered_at)::bigint as second,
    orders.ordered_at = date_trunc('day', orders.ordered_at) as is_date_only,
    cast(orders.requested_at as date) as requested_on,
    hash(orders.customer_id) as customer,
    coalesce(entities.entity, hash(orders.customer_id)) as entity,
    if(trim(orders.channel) <> '', hash(lower(trim(orders.channel))), null) as channel,
    case
        when regexp_matches(lower(orders.channel), 'edi|import|api|batch|file|interface|接口|导入') then 'machine'
        when regexp_matches(lower(orders.channel), 'web|portal|shop|app|online|store|网|商城') then 'web'
        when trim(orders.channel) <> '' then 'manual'
    end as channel_sort,
    if(trim(orders.entered_by) <> '', hash(lower(trim(orders.entered_by))), null) as operator,
    po.hashed as po,
    po.stem as po_stem,
    po.number as po_number,
    po.shape as po_shape,
    case
        when contains(po.key, strftime(orders.ordered_at, '%y%m%d')) then replace(po.key, strftime(orders.ordered_at, '%y%m%d'), '')
        when contains(po.key, strftime(orders.ordered_at, '%d%m%y')) then replace(po.key, strftime(orders.ordered_at, '%d%m%y'), '')
        when contains(po.key, strftime(orders.ordered_at, '%d%m%Y')) then replace(po.key, strftime(orders.ordered_at, '%d%m%Y'), '')
        when contains(po.key, strftime(orders.ordered_at, '%m%d%y')) then replace(po.key, strftime(orders.ordered_at, '%m%d%y'), '')
    end as po_beside_date,
    numbers.hashed as number,
    numbers.stem as number_stem,
    coalesce(ship.hashed, home.hashed) as ship,
    coalesce(receiver.hashed, customer_name.hashed) as receiver,
    coalesce(phone.hashed, customer_phone.hashed) as phone,
    orders.status = 'returned' as is_returned,
    baskets.product_count,
    baskets.basket,
    baskets.products,
    baskets.rarest_product,
    coalesce(orders.total_amount, baskets.net_value) as amount
from match_orders as orders
inner join pair_ids as ids using (order_id)
left join pair_baskets as baskets on baskets.id = ids.id
left join customer_entities as entities on entities.customer_id = orders.customer_id
left join match_customers as customers on customers.customer_id = orders.customer_id
left join pair_references as po on po.reference = orders.customer_po
left join pair_references as numbers on numbers.reference = orders.order_number
left join normal_addresses as ship on ship.value = orders.ship_to_address
left join normal_addresses as home on home.value = customers.address
left join normal_names as receiver on receiver.value = orders.ship_to_name
left join normal_names as customer_name on customer_name.value = customers.name
left join normal_phones as phone on phone.value = orders.ship_to_phone
left join normal_phones as customer_phone on customer_phone.value = customers.phone
