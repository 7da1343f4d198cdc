-- One row per way a country is written here: its ISO code and the shape of its postal codes without blanks and hyphens.
with known (iso, spellings, postal_pattern) as (
    values
    ('AR', 'AR|ARG|ARGENTINA|阿根廷', '[A-Z]?\d{4}([A-Z]{3})?'),
    ('AT', 'AT|AUT|AUSTRIA|ÖSTERREICH|奥地利', '\d{4}'),
    ('AU', 'AU|AUS|AUSTRALIA|澳大利亚', '\d{4}'),
    ('BE', 'BE|BEL|BELGIUM|比利时', '\d{4}'),
    ('BR', 'BR|BRA|BRAZIL|BRASIL|巴西', '\d{8}'),
    ('CA', 'CA|CAN|CANADA|加拿大', '[A-Z]\d[A-Z]\d[A-Z]\d'),
    ('CH', 'CH|CHE|SWITZERLAND|SCHWEIZ|SUISSE|瑞士', '\d{4}'),
    ('CN', 'CN|CHN|CHINA|PRC|P.R. CHINA|MAINLAND CHINA|中国|中國|中华人民共和国', '\d{6}'),
    ('CZ', 'CZ|CZE|CZECHIA|CZECH REPUBLIC|捷克', '\d{5}'),
    ('DE', 'DE|DEU|GERMANY|DEUTSCHLAND|德国', '\d{5}'),
    ('DK', 'DK|DNK|DENMARK|DANMARK|丹麦', '\d{4}'),
    ('ES', 'ES|ESP|SPAIN|ESPAÑA|西班牙', '\d{5}'),
    ('FI', 'FI|FIN|FINLAND|芬兰', '\d{5}'),
    ('FR', 'FR|FRA|FRANCE|法国', '\d{5}'),
    ('GB', 'GB|GBR|UK|U.K.|UNITED KINGDOM|GREAT BRITAIN|ENGLAND|SCOTLAND|英国', '[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}'),
    ('HK', 'HK|HKG|HONG KONG|香港', null),
    ('ID', 'ID|IDN|INDONESIA|印度尼西亚', '\d{5}'),
    ('IE', 'IE|IRL|IRELAND|EIRE|爱尔兰', '[A-Z]\d[\dW][A-Z\d]{4}'),
    ('IN', 'IN|IND|INDIA|印度', '\d{6}'),
    ('IT', 'IT|ITA|ITALY|ITALIA|意大利', '\d{5}'),
    ('JP', 'JP|JPN|JAPAN|日本', '\d{7}'),
    ('KR', 'KR|KOR|SOUTH KOREA|KOREA|REPUBLIC OF KOREA|韩国', '\d{5,6}'),
    ('MX', 'MX|MEX|MEXICO|MÉXICO|墨西哥', '\d{5}'),
    ('MY', 'MY|MYS|MALAYSIA|马来西亚', '\d{5}'),
    ('NL', 'NL|NLD|NETHERLANDS|THE NETHERLANDS|HOLLAND|荷兰', '\d{4}[A-Z]{2}'),
    ('NO', 'NO|NOR|NORWAY|NORGE|挪威', '\d{4}'),
    ('NZ', 'NZ|NZL|NEW ZEALAND|新西兰', '\d{4}'),
    ('PH', 'PH|PHL|PHILIPPINES|菲律宾', '\d{4}'),
    ('PL', 'PL|POL|POLAND|POLSKA|波兰', '\d{5}'),
    ('PT', 'PT|PRT|PORTUGAL|葡萄牙', '\d{4}(\d{3})?'),
    ('RU', 'RU|RUS|RUSSIA|RUSSIAN FEDERATION|俄罗斯', '\d{6}'),
    ('SE', 'SE|SWE|SWEDEN|SVERIGE|瑞典', '\d{5}'),
    ('SG', 'SG|SGP|SINGAPORE|新加坡', '\d{6}'),
    ('TH', 'TH|THA|THAILAND|泰国', '\d{5}'),
    ('TR', 'TR|TUR|TURKEY|TÜRKIYE|土耳其', '\d{5}'),
    ('TW', 'TW|TWN|TAIWAN|台湾', '\d{3}(\d{2,3})?'),
    ('US', 'US|USA|U.S.A.|U.S.|UNITED STATES|UNITED STATES OF AMERICA|美国', '\d{5}(\d{4})?'),
    ('VN', 'VN|VNM|VIETNAM|VIET NAM|越南', '\d{5,6}'),
    ('ZA', 'ZA|ZAF|SOUTH AFRICA|南非', '\d{4}')
),
spelled as (
    select unnest(string_split(spellings, '|')) as country, iso, postal_pattern
    from known
),
written as (
    select upper(trim(ship_to_country)) as country from orders
    union
    select upper(trim(country)) from maybe_customers
)
select country, iso, '^([A-Z]{1,2})?' || postal_pattern || '$' as postal_pattern
from spelled
inner join written using (country)
