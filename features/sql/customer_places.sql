-- One row per customer and place written as ship-to or held by the master, with keys that ignore spelling habits.
with written as (
    select
        customer_id, ship_to_address as address, ship_to_city as city, ship_to_region as region,
        ship_to_postal_code as postal_code, ship_to_country as country, ordered_at, false as is_master
    from order_facts
    where coalesce(ship_to_address, ship_to_city, ship_to_postal_code) is not null
    union all
    select customer_id, address, city, region, postal_code, country, null, true
    from maybe_customers
    where coalesce(address, city, postal_code) is not null
),
counted as (
    select
        customer_id, address, city, region, postal_code, country,
        count(*) filter (where not is_master) as order_count,
        count(distinct date_trunc('day', ordered_at)) as day_count,
        min(ordered_at) as first_used_at,
        max(ordered_at) as last_used_at,
        bool_or(is_master) as is_master
    from written
    group by all
),
plain as (
    select
        *,
        hash(customer_id, address, city, region, postal_code, country) as place_id,
        -- Full width and traditional characters are other spellings of the same.
        lower(strip_accents(translate(
            address,
            '０１２３４５６７８９（），．－＃　號區縣樓棟層鄉鎮莊東廣灣臺門頭島龍陽濟寧蘇長國華園橋經濟開發實業裡內後學見興業馬車軍隊務營場運動廠',
            '0123456789(),.-# 号区县楼栋层乡镇庄东广湾台门头岛龙阳济宁苏长国华园桥经济开发实业里内后学见兴业马车军队务营场运动厂'
        ))) as street,
        lower(strip_accents(trim(translate(city, '　廣東臺灣龍陽濟寧蘇長島門頭漢瀋陝贛綿邊鄭', ' 广东台湾龙阳济宁苏长岛门头汉沈陕赣绵边郑')))) as town,
        lower(strip_accents(trim(translate(region, '　廣東臺灣龍陽濟寧蘇長島門頭漢瀋陝贛遼貴雲內', ' 广东台湾龙阳济宁苏长岛门头汉沈陕赣辽贵云内')))) as province,
        upper(translate(postal_code, '０１２３４５６７８９－　', '0123456789- ')) as code
    from counted
),
abbreviated as (
    select
        *,
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(street,
            'str(asse|aße|\.|eet)', 'st', 'g'), '\broad\b', 'rd', 'g'), '\bavenue\b', 'ave', 'g'),
            '\bboulevard\b', 'blvd', 'g'), '\bdrive\b', 'dr', 'g'), '\b(suite|ste|unit|number|no)\b', '', 'g') as short_street
    from plain
)
select
    place_id, customer_id, address, city, region, postal_code, abbreviated.country, order_count, day_count, first_used_at,
    last_used_at,
    is_master,
    iso,
    -- Blanks and signs by their ranges: to say "no letter" takes milliseconds each time, which a check before entry pays.
    regexp_replace(short_street, '[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]', '', 'g') as street_key,
    translate(street_key, '0123456789', '') as street_name_key,
    regexp_replace(regexp_replace(town, '[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]', '', 'g'), '(市|city)$', '') as city_key,
    regexp_replace(regexp_replace(province, '[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]', '', 'g'), '(省|市|壮族自治区|自治区)$', '') as region_key,
    regexp_replace(regexp_replace(code, '^[A-Z]{1,2}-', ''), '[ \-]', '', 'g') as postal_key
from abbreviated
left join customer_countries as countries on countries.country = upper(trim(abbreviated.country))
