-- One row per customer: what two customer records are compared by, as hashes that are null where the value is.
-- The words of a name are sorted, so that a family name written first or last makes no difference.
select
    cast(row_number() over (order by customers.customer_id) as integer) as id,
    customers.customer_id,
    name.hashed as name,
    name.latin as name_latin,
    name.key as name_text,
    regexp_extract(name.latin, '\d+') as name_number,
    list_sort(list_filter(
        string_split_regex(strip_accents(lower(customers.name)), '[\s,.;&/()-]+'), lambda word: word <> ''
    )) as name_words,
    array_to_string(name_words, '') as name_sorted,
    contact.hashed as contact,
    contact.latin as contact_latin,
    phone.hashed as phone,
    phone.key as phone_digits,
    email.hashed as email,
    address.hashed as address,
    address.latin as address_latin,
    address.numbers as address_numbers,
    strip_accents(nullif(lower(trim(customers.city)), '')) as city,
    nullif(lower(trim(customers.postal_code)), '') as postal_code
from match_customers as customers
left join normal_names as name on name.value = customers.name
left join normal_names as contact on contact.value = customers.contact_name
left join normal_phones as phone on phone.value = customers.phone
left join normal_emails as email on email.value = customers.email
left join normal_addresses as address on address.value = customers.address
