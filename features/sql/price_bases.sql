-- One row per order line: its net price, and how far that is from the price it is measured against (in logs).
with customer_currencies as (
    select customer_id, mode(currency) as currency
    from line_facts
    where currency is not null
    group by customer_id
),
-- an order that states no currency is taken to be in the one this customer pays in, else in the one that most lines have
lines as (
    select
        line_facts.* replace (
            coalesce(
                line_facts.currency,
                customer_currencies.currency,
                (select mode(currency) from line_facts where currency is not null)
            ) as currency
        )
    from line_facts
    left join customer_currencies using (customer_id)
),
days as (
    select
        product_id,
        currency,
        ordered_on,
        median(ln(nullif(greatest(unit_price * (1 - discount), 0), 0))) filter (where not is_known_wrong) as log_net
    from lines
    group by all
),
usual as (
    select
        product_id,
        currency,
        ordered_on,
        median(log_net) over earlier as usual_log_net,
        count(log_net) over earlier as day_count
    from days
    window
        earlier as (
            partition by product_id, currency order by ordered_on rows between 15 preceding and 1 preceding
        )
)
select
    lines.order_id,
    lines.line_no,
    hash(lines.product_id, lines.currency) as product_key,
    hash(lines.customer_id, lines.currency) as customer_key,
    hash(lines.customer_id, lines.product_id, lines.currency) as pair_key,
    hash(lines.customer_id, lines.category, lines.currency) as range_key,
    hash(lines.product_id, lines.currency, lines.segment, lines.channel) as peer_key,
    hash(lines.currency, lines.segment, lines.channel) as segment_key,
    coalesce(lines.currency, '') as currency,
    lines.ordered_on,
    lines.is_known_wrong,
    lines.unit_price * (1 - lines.discount) as net_price,
    terms.list_price is not null as has_list,
    -- list prices bear no currency: they are taken to be in the one that most lines have
    lines.currency is not distinct from (select mode(currency) from lines) as is_main_currency,
    coalesce(ln(terms.list_price), case when usual.day_count >= 2 then usual.usual_log_net end) as log_base,
    ln(nullif(greatest(lines.unit_price * (1 - lines.discount), 0), 0)) as log_net,
    ln(nullif(greatest(lines.unit_price, 0), 0)) as log_gross,
    log_net - log_base as log_ratio,
    -- a contract or a promotion says nothing about what a customer pays otherwise
    case when terms.promotion_discount is null then log_ratio end as steady_log_ratio,
    case when terms.contract_price is null then steady_log_ratio end as free_log_ratio,
    ln(terms.contract_price) as log_contract_price,
    usual.usual_log_net as product_log_net,
    coalesce(usual.day_count, 0) as product_day_count
from lines
left join price_terms as terms using (order_id, line_no)
left join usual
    on usual.product_id = lines.product_id
    and usual.currency is not distinct from lines.currency
    and usual.ordered_on = lines.ordered_on
