-- One row per customer and key that may bring two records together: name, start of the name, phone, e-mail, address.
select 'name' as rule, name as key, id from customer_keys where name is not null
union all
select 'name_start', hash(substr(name_latin, 1, 6)), id from customer_keys where length(name_latin) >= 6
union all
select 'phone', phone, id from customer_keys where phone is not null
union all
select 'email', email, id from customer_keys where email is not null
union all
select 'address', address, id from customer_keys where address is not null
