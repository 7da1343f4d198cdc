-- One row per customer and key that may bring two records together.
-- The keys: name, its start, its end and its words in any order, contact, phone, either end of a phone, e-mail, address,
-- its numbers within one postal code, and the place together with a little of the name.
select 'name' as rule, name as key, id from customer_keys where name is not null
union all
select 'name_start', hash(substr(name_latin, 1, 6)), id from customer_keys where length(name_latin) >= 6
union all
select 'name_end', hash(right(name_latin, 6)), id from customer_keys where length(name_latin) >= 6
union all
select 'name_words', hash(name_words), id from customer_keys where len(name_words) >= 2
union all
select 'contact', contact, id from customer_keys where contact is not null
union all
select 'phone', phone, id from customer_keys where phone is not null
union all
select 'phone_start', hash(substr(phone_digits, 1, 5)), id from customer_keys where phone is not null
union all
select 'phone_end', hash(right(phone_digits, 5)), id from customer_keys where phone is not null
union all
select 'email', email, id from customer_keys where email is not null
union all
select 'address', address, id from customer_keys where address is not null
union all
select 'place', hash(postal_code, hash(address_numbers)), id from customer_keys where address_numbers <> ''
union all
select 'code_and_name', hash(postal_code, hash(substr(name_latin, 1, 2))), id from customer_keys where postal_code is not null
union all
select distinct 'city_and_word', hash(city, hash(substr(word, 1, 4))), id
from (select id, city, unnest(name_words) as word from customer_keys where city is not null)
union all
select distinct 'number_and_word', hash(address_numbers, hash(substr(word, 1, 4))), id
from (select id, address_numbers, unnest(name_words) as word from customer_keys where address_numbers <> '')
