-- One row per candidate pair of customer records: its comparison vector.
with sides as (
    select
        pairs.id_l, pairs.id_r,
        l.name = r.name as has_same_name,
        greatest(
            1 - levenshtein(l.name_latin, r.name_latin) / greatest(length(l.name_latin), length(r.name_latin)),
            1 - levenshtein(array_to_string(l.name_words, ''), array_to_string(r.name_words, ''))
                / greatest(length(array_to_string(l.name_words, '')), length(array_to_string(r.name_words, ''))),
            if(
                length(l.name_text) = strlen(l.name_text), 0,
                len(list_intersect(string_split(l.name_text, ''), string_split(r.name_text, '')))
                    / len(list_distinct(string_split(l.name_text || r.name_text, '')))
            )
        ) as name_likeness,
        contains(l.name_latin, r.name_latin) or contains(r.name_latin, l.name_latin) as is_contained,
        list_has_any(l.name_words, r.name_words) as has_same_word,
        regexp_extract(l.name_latin, '\d+') = regexp_extract(r.name_latin, '\d+') as has_same_name_number,
        l.contact = r.contact as has_same_contact,
        1 - levenshtein(l.contact_latin, r.contact_latin) / greatest(length(l.contact_latin), length(r.contact_latin))
            as contact_likeness,
        l.phone = r.phone as has_same_phone,
        -- How many digits are typed wrong, or swapped with the next; asked only where that may be few, since it is slow.
        if(
            levenshtein(l.phone_digits, r.phone_digits) <= 4, damerau_levenshtein(l.phone_digits, r.phone_digits), 9
        ) as phone_slips,
        l.email = r.email as has_same_email,
        l.address = r.address as has_same_address,
        l.address_numbers = r.address_numbers as has_same_numbers,
        1 - levenshtein(l.address_latin, r.address_latin) / greatest(length(l.address_latin), length(r.address_latin))
            as address_likeness,
        l.city = r.city as has_same_city,
        contains(l.city, r.city) or contains(r.city, l.city)
            or (length(l.city) = strlen(l.city) and levenshtein(l.city, r.city) <= 2) as has_near_city,
        l.postal_code = r.postal_code as has_same_postal_code,
        if(
            levenshtein(l.postal_code, r.postal_code) <= 2, damerau_levenshtein(l.postal_code, r.postal_code) <= 1, false
        ) as has_near_postal_code
    from customer_candidates as pairs
    inner join customer_keys as l on l.id = pairs.id_l
    inner join customer_keys as r on r.id = pairs.id_r
)
select
    id_l,
    id_r,
    case
        when has_same_name is null then 0 when has_same_name then 1
        when not has_same_name_number then 5
        when is_contained or name_likeness >= 0.85 then 2 when name_likeness >= 0.65 then 3
        when has_same_word then 4 else 5
    end::tinyint as name,
    case
        when has_same_contact is null then 0 when has_same_contact then 1 when contact_likeness >= 0.8 then 2
        when contact_likeness >= 0.6 then 3 else 4
    end::tinyint as contact,
    case
        when has_same_phone is null then 0 when has_same_phone then 1 when phone_slips <= 1 then 2
        when phone_slips = 2 then 3 else 4
    end::tinyint as phone,
    case when has_same_email is null then 0 when has_same_email then 1 else 2 end::tinyint as email,
    case
        when has_same_address is null then 0 when has_same_address then 1
        when has_same_numbers and address_likeness >= 0.7 then 2 when address_likeness >= 0.85 then 3
        when address_likeness >= 0.6 then 4 else 5
    end::tinyint as address,
    -- A postal code lies in a city, so both together are one comparison.
    case
        when has_same_city is null and has_same_postal_code is null then 0
        when has_same_postal_code then if(has_same_city or has_near_city, 1, 2)
        when has_same_city or has_near_city then if(has_near_postal_code, 3, 4)
        when has_near_postal_code then 4
        else 5
    end::tinyint as place
from sides
