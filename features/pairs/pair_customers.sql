-- One row per customer: who it is, and where and to whom its orders go if they don't say.
select
    hash(customer_id) as customer,
    entities.entity,
    home.hashed as ship,
    name.hashed as receiver,
    phone.hashed as phone
from match_customers as customers
full join customer_entities as entities using (customer_id)
left join normal_addresses as home on home.value = customers.address
left join normal_names as name on name.value = customers.name
left join normal_phones as phone on phone.value = customers.phone
