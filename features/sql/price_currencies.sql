-- One row per pair of currencies: how many units of one the prices show for a unit of the other (in logs).
with seen as (
    select line_facts.currency, median(bases.free_log_ratio) as log_rate
    from price_bases as bases
    inner join line_facts using (order_id, line_no)
    where bases.has_list and line_facts.currency is not null and not bases.is_known_wrong
    group by line_facts.currency
    having count(bases.free_log_ratio) >= 20
),
-- rough rates to the US dollar, for telling what a price that is off by such a factor looks like
typical (currency, per_dollar) as (
    values ('USD', 1.0), ('EUR', 0.92), ('GBP', 0.79), ('CNY', 7.2), ('JPY', 150.0), ('HKD', 7.8), ('INR', 84.0),
    ('CHF', 0.88), ('CAD', 1.37), ('AUD', 1.52), ('SEK', 10.5), ('PLN', 4.0), ('KRW', 1350.0), ('MXN', 18.0)
)
select own.currency, other.currency as other_currency, other.log_rate - own.log_rate as log_rate, true as is_seen
from seen as own
inner join seen as other on other.currency <> own.currency
where abs(other.log_rate - own.log_rate) > 0.03
union all
select own.currency, other.currency, ln(other.per_dollar / own.per_dollar), false
from typical as own
inner join typical as other on other.currency <> own.currency
where not exists (select 1 from seen where seen.currency = other.currency)
