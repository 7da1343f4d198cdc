-- One row per candidate pair of customer records: its comparison vector.
-- Texts are compared letter by letter only where they differ, and in a slower way only where their letters allow it.
with sides as (
    select
        pairs.id_l, pairs.id_r, pairs.stands_for,
        l.name = r.name as has_same_name,
        l.name_number = r.name_number as has_same_name_number,
        case
            when l.name = r.name or not has_same_name_number then null
            when contains(l.name_latin, r.name_latin) or contains(r.name_latin, l.name_latin) then 1
            when l.name_sorted = r.name_sorted then 1
            else greatest(
                1 - levenshtein(l.name_latin, r.name_latin) / greatest(length(l.name_latin), length(r.name_latin)),
                if(
                    len(l.name_words) > 1 and len(r.name_words) > 1 and jaccard(l.name_sorted, r.name_sorted) >= 0.6,
                    1 - levenshtein(l.name_sorted, r.name_sorted) / greatest(length(l.name_sorted), length(r.name_sorted)),
                    0
                ),
                if(
                    length(l.name_text) = strlen(l.name_text) or length(r.name_text) = strlen(r.name_text)
                    or jaccard(l.name_text, r.name_text) < 0.5,
                    0,
                    len(list_intersect(string_split(l.name_text, ''), string_split(r.name_text, '')))
                        / len(list_distinct(string_split(l.name_text || r.name_text, '')))
                )
            )
        end as name_likeness,
        l.name_words, r.name_words as name_words_r,
        l.contact = r.contact as has_same_contact,
        if(
            l.contact = r.contact, null,
            1 - levenshtein(l.contact_latin, r.contact_latin) / greatest(length(l.contact_latin), length(r.contact_latin))
        ) as contact_likeness,
        l.phone = r.phone as has_same_phone,
        if(l.phone = r.phone, null, levenshtein(l.phone_digits, r.phone_digits)) as phone_slips,
        l.phone_digits as phone_l, r.phone_digits as phone_r,
        l.email = r.email as has_same_email,
        l.address = r.address as has_same_address,
        l.address_numbers = r.address_numbers as has_same_numbers,
        if(
            l.address = r.address, null,
            1 - levenshtein(l.address_latin, r.address_latin) / greatest(length(l.address_latin), length(r.address_latin))
        ) as address_likeness,
        l.city = r.city as has_same_city,
        case
            when l.city = r.city then true
            when contains(l.city, r.city) or contains(r.city, l.city) then true
            else length(l.city) = strlen(l.city) and levenshtein(l.city, r.city) <= 2
        end as has_near_city,
        l.postal_code = r.postal_code as has_same_postal_code,
        case
            when l.postal_code = r.postal_code then true
            when levenshtein(l.postal_code, r.postal_code) = 2 then jaccard(l.postal_code, r.postal_code) = 1
            else levenshtein(l.postal_code, r.postal_code) = 1
        end as has_near_postal_code
    from customer_candidates as pairs
    inner join customer_keys as l on l.id = pairs.id_l
    inner join customer_keys as r on r.id = pairs.id_r
)
select
    id_l,
    id_r,
    stands_for,
    case
        when has_same_name is null then 0 when has_same_name then 1
        when not has_same_name_number then 5
        when name_likeness >= 0.85 then 2 when name_likeness >= 0.65 then 3
        when list_has_any(name_words, name_words_r) then 4 else 5
    end::tinyint as name,
    case
        when has_same_contact is null then 0 when has_same_contact then 1 when contact_likeness >= 0.8 then 2
        when contact_likeness >= 0.6 then 3 else 4
    end::tinyint as contact,
    -- A digit typed wrong or two swapped, which letter by letter are two; then two typed wrong.
    case
        when has_same_phone is null then 0 when has_same_phone then 1 when phone_slips = 1 then 2
        when phone_slips > 2 then 4
        when jaccard(phone_l, phone_r) < 1 then 3
        when damerau_levenshtein(phone_l, phone_r) <= 1 then 2 else 3
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
        when has_same_postal_code then if(has_near_city, 1, 2)
        when has_near_city then if(has_near_postal_code, 3, 4)
        when has_near_postal_code then 4
        else 5
    end::tinyint as place
from sides
