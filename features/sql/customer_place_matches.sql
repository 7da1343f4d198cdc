-- One row per little-used place and the better-known place of the same customer it resembles most without being it.
with known as (
    select *
    from customer_places
    where is_master or order_count >= 3
    qualify row_number() over (partition by customer_id order by is_master desc, order_count desc, place_id) <= 12
),
pairs as (
    select
        rare.place_id,
        rare.customer_id,
        rare.iso,
        rare.order_count,
        rare.is_master as rare_is_master,
        known.is_master as known_is_master,
        known.order_count as known_count,
        rare.address, rare.city, rare.region, rare.postal_code,
        known.address as known_address, known.city as known_city, known.region as known_region,
        known.postal_code as known_postal_code,
        rare.city_key, known.city_key as known_city_key,
        rare.region_key, known.region_key as known_region_key,
        rare.postal_key, known.postal_key as known_postal_key,
        rare.street_key, known.street_key as known_street_key,
        rare.street_key = known.street_key as is_same_street,
        rare.street_name_key = known.street_name_key and length(rare.street_name_key) >= 4 as is_same_street_name,
        coalesce(rare.city_key = known.city_key, true) as is_same_city,
        coalesce(rare.region_key = known.region_key, true) as is_same_region,
        -- A longer code of the same place (98101-2034, 98101) or a lost leading zero is no other place.
        coalesce(
            ltrim(rare.postal_key, '0') = ltrim(known.postal_key, '0')
            or rare.iso in ('US', 'PT', 'TW') and left(rare.postal_key, 5) = left(known.postal_key, 5),
            true
        ) as is_same_postal,
        -- Edits are counted in bytes; a letter beyond ASCII has up to three.
        damerau_levenshtein(rare.street_key, known.street_key)
        / greatest(1, round(strlen(known.street_key) / greatest(1, length(known.street_key)))) as street_edits,
        damerau_levenshtein(rare.postal_key, known.postal_key) as postal_edits,
        damerau_levenshtein(rare.city_key, known.city_key)
        / greatest(1, round(strlen(known.city_key) / greatest(1, length(known.city_key)))) as city_edits
    from customer_places as rare
    inner join known
        on known.customer_id = rare.customer_id and known.place_id <> rare.place_id
        and (known.is_master or known.order_count > 3 * rare.order_count)
    where rare.order_count between 1 and 3
),
best as (
    select *
    from pairs
    qualify row_number() over (
        partition by place_id
        order by 2 * is_same_street::integer + 2 * (street_edits <= 2)::integer + is_same_street_name::integer
            + is_same_city::integer + is_same_region::integer + is_same_postal::integer desc,
            known_count desc
    ) = 1
),
region_names as (
    -- Two names of one region, such as CA and California, meet at many customers.
    select least(region_key, known_region_key) as one, greatest(region_key, known_region_key) as other
    from best
    where is_same_city and not is_same_region
    group by all
    having count(distinct customer_id) >= 3
),
city_names as (
    select least(city_key, known_city_key) as one, greatest(city_key, known_city_key) as other
    from best
    where is_same_postal and is_same_street and not is_same_city
    group by all
    having count(distinct customer_id) >= 3
)
select
    best.* replace (
        best.is_same_region or region_names.one is not null as is_same_region,
        best.is_same_city or city_names.one is not null
        or regexp_matches(best.city_key, '[a-z]') <> regexp_matches(best.known_city_key, '[a-z]') as is_same_city
    )
from best
left join region_names
    on region_names.one = least(best.region_key, best.known_region_key)
    and region_names.other = greatest(best.region_key, best.known_region_key)
left join city_names
    on city_names.one = least(best.city_key, best.known_city_key)
    and city_names.other = greatest(best.city_key, best.known_city_key)
