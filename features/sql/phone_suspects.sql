-- One row per customer, phone number and known number: what stands out by its length or is nearly the known one.
with phones as (
    select
        *,
        regexp_replace(regexp_replace(lower("value"), '(ext|x|#|转).*$', ''), '[^0-9]', '', 'g') as digits,
        regexp_replace(regexp_replace(lower(known), '(ext|x|#|转).*$', ''), '[^0-9]', '', 'g') as known_digits
    from (
        select *, unnest(list_distinct([master_value, case when usual_count >= 3 then usual_value end])) as known
        from customer_values
        where field = 'ship_to_phone'
    )
),
measured as (
    select
        * exclude (digits, known_digits),
        digits,
        known_digits,
        sum(order_count) over (partition by iso, length(digits))
        / sum(order_count) over (partition by iso) as length_share,
        least(
            damerau_levenshtein(digits, known_digits),
            damerau_levenshtein(digits, right(known_digits, greatest(length(digits), 7))),
            damerau_levenshtein(right(digits, greatest(length(known_digits), 7)), known_digits)
        ) as edits
    from phones
)
select
    customer_id, "value", known, iso, country, order_count, customer_count, edits, length_share,
    master_value is not distinct from "value" as is_master,
    length(digits) = length(known_digits)
    and list_sort(string_split(digits, '')) = list_sort(string_split(known_digits, '')) as is_swapped,
    length(digits) = length(known_digits) as is_same_length
from measured
where not regexp_matches(digits, '^(0{4,}|1{5,}|9{5,}|8{7,}|1234567.*|)$')
    and (length_share < 0.05 or (edits between 1 and 2 and order_count <= 2))
    or (length(digits) < 5 and "value" <> '')
