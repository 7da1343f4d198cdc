-- One row per order line: its net price, and how far that is from the price it is measured against (in logs).
with days as (
    select
        product_id,
        currency,
        ordered_on,
        median(ln(nullif(greatest(unit_price * (1 - discount), 0), 0))) filter (where not is_known_wrong) as log_net
    from line_facts
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
    line_facts.order_id,
    line_facts.line_no,
    hash(line_facts.product_id, line_facts.currency) as product_key,
    hash(line_facts.customer_id, line_facts.currency) as customer_key,
    hash(line_facts.customer_id, line_facts.product_id, line_facts.currency) as pair_key,
    hash(line_facts.customer_id, line_facts.category, line_facts.currency) as range_key,
    hash(line_facts.product_id, line_facts.currency, line_facts.segment, line_facts.channel) as peer_key,
    hash(line_facts.currency, line_facts.segment, line_facts.channel) as segment_key,
    coalesce(line_facts.currency, '') as currency,
    line_facts.ordered_on,
    line_facts.is_known_wrong,
    line_facts.unit_price * (1 - line_facts.discount) as net_price,
    terms.list_price is not null as has_list,
    -- list prices bear no currency: they are taken to be in the one that most lines have
    line_facts.currency is not distinct from (select mode(currency) from line_facts) as is_main_currency,
    coalesce(ln(terms.list_price), case when usual.day_count >= 2 then usual.usual_log_net end) as log_base,
    ln(nullif(greatest(line_facts.unit_price * (1 - line_facts.discount), 0), 0)) as log_net,
    ln(nullif(greatest(line_facts.unit_price, 0), 0)) as log_gross,
    log_net - log_base as log_ratio,
    -- a contract or a promotion says nothing about what a customer pays otherwise
    case when terms.promotion_discount is null then log_ratio end as steady_log_ratio,
    case when terms.contract_price is null then steady_log_ratio end as free_log_ratio,
    usual.usual_log_net as product_log_net,
    coalesce(usual.day_count, 0) as product_day_count
from line_facts
left join price_terms as terms using (order_id, line_no)
left join usual
    on usual.product_id = line_facts.product_id
    and usual.currency is not distinct from line_facts.currency
    and usual.ordered_on = line_facts.ordered_on
