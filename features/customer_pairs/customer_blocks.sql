-- One row per customer and key that may bring two records together.
-- The keys: name, its start and its end, contact, phone, e-mail, address, and its numbers within one postal code.
select 'name' as rule, name as key, id from customer_keys where name is not null
union all
select 'name_start', hash(substr(name_latin, 1, 6)), id from customer_keys where length(name_latin) >= 6
union all
select 'name_end', hash(right(name_latin, 6)), id from customer_keys where length(name_latin) >= 6
union all
select 'contact', contact, id from customer_keys where contact is not null
union all
select 'phone', phone, id from customer_keys where phone is not null
union all
select 'email', email, id from customer_keys where email is not null
union all
select 'address', address, id from customer_keys where address is not null
union all
select 'place', hash(postal_code, hash(address_numbers)), id from customer_keys where address_numbers <> ''
