-- One row per customer and key that may bring two records together, and by what those of one key are sorted.
-- The keys: name, its start, its end and its words in any order, contact, phone, either end of a phone, e-mail, address,
-- its numbers within one postal code, and the place together with a little of the name.
select 'name' as rule, name as key, address_latin as sorted_by, id from customer_keys where name is not null
union all
select 'name_start', hash(substr(name_latin, 1, 6)), name_latin, id from customer_keys where length(name_latin) >= 6
union all
select 'name_end', hash(right(name_latin, 6)), reverse(name_latin), id from customer_keys where length(name_latin) >= 6
union all
select 'name_words', hash(name_sorted), address_latin, id from customer_keys where len(name_words) >= 2
union all
select 'contact', contact, name_latin, id from customer_keys where contact is not null
union all
select 'phone', phone, name_latin, id from customer_keys where phone is not null
union all
select 'phone_start', hash(substr(phone_digits, 1, 5)), phone_digits, id from customer_keys where phone is not null
union all
select 'phone_end', hash(right(phone_digits, 5)), reverse(phone_digits), id from customer_keys where phone is not null
union all
select 'email', email, name_latin, id from customer_keys where email is not null
union all
select 'address', address, name_latin, id from customer_keys where address is not null
union all
select 'place', hash(postal_code, hash(address_numbers)), name_latin, id from customer_keys where address_numbers <> ''
union all
select 'code_and_name', hash(postal_code, hash(substr(name_latin, 1, 2))), name_latin, id
from customer_keys
where postal_code is not null
union all
select 'city_and_word', hash(city, hash(substr(unnest(name_words), 1, 4))), name_latin, id
from customer_keys
where city is not null
union all
select 'number_and_word', hash(address_numbers, hash(substr(unnest(name_words), 1, 4))), name_latin, id
from customer_keys
where address_numbers <> ''
