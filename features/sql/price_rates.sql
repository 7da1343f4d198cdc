-- One row per currency: what its prices are to the list prices and to the contract prices in the books, in logs; null if too few show it.
with lines as (
    select
        bases.currency,
        bases.is_main_currency,
        bases.free_log_ratio,
        bases.log_net - bases.log_contract_price as contract_log_ratio
    from price_bases as bases
    where bases.has_list and not bases.is_known_wrong
)
select
    currency,
    -- books bear no currency: the lists are taken to be in the main one, contracts in whichever the customers pay
    case
        when any_value(is_main_currency) then 0
        when count(free_log_ratio) >= 20 then median(free_log_ratio)
    end as log_rate,
    case
        when any_value(is_main_currency) or count(contract_log_ratio) = 0 or abs(median(contract_log_ratio)) < 0.02 then 0
        else median(contract_log_ratio)
    end as contract_log_rate
from lines
group by currency
