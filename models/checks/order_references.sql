-- One row per order with a missing or unknown reference.
-- kind: order_info
-- title: Missing or unknown reference
-- silent_if: known_references
-- prior: 0.5 at 1.3, 0.95 at 2.2
-- reason.unknown_customer: Customer {actual} is not in the customer master, which knows {usual_percent:.1f} % of the orders' customers.
-- reason.unknown_product: Product {actual} is not in the product master, which knows {usual_percent:.1f} % of the products ordered.
-- reason.missing_field: The order has no {actual}, which {usual_percent:.1f} % of the orders of its channel have.
-- counterfactual.unknown_customer: With {actual} in the customer master the order would not be flagged.
-- counterfactual.unknown_product: With {actual} in the product master the order would not be flagged.
-- counterfactual.missing_field: With {actual} filled in the order would not be flagged.
with customers_known as (
    select
        facts.order_id,
        facts.customer_id as actual,
        facts.order_value,
        customers.customer_id is null as is_unknown,
        avg((customers.customer_id is null)::integer) over () as unknown_share
    from order_facts as facts
    left join maybe_customers as customers using (customer_id)
    where exists (select 1 from maybe_customers)
),
products_known as (
    select
        lines.order_id,
        lines.product_id as actual,
        lines.net_value,
        products.product_id is null as is_unknown,
        avg((products.product_id is null)::integer) over () as unknown_share
    from line_facts as lines
    left join maybe_products as products using (product_id)
    where exists (select 1 from maybe_products)
),
blanks as (
    select
        *,
        least(usual_fill, customer_fill) as fill,
        case
            when field in ('currency', 'order_number', 'total_amount', 'status', 'channel') then 0
            when field in ('payment_due_at', 'promised_at') then 0.4
            when field = 'customer_po' then 2
            else 0.8
        end as optional_points
    from order_blanks
    where field not like 'ship_to_%'
),
found as (
    select order_id, 'unknown_customer' as variant, -log10(unknown_share + 0.001) as points, 0.05 * order_value as impact, actual, 1 - unknown_share as usual_share
    from customers_known
    where is_unknown
    union all
    select order_id, 'unknown_product', max(-log10(unknown_share + 0.001)), sum(net_value), min(actual), 1 - max(unknown_share)
    from products_known
    where is_unknown
    group by order_id
    union all
    select order_id, 'missing_field', max(-log10(greatest(1 - fill, 1.0 / (channel_count + 2), 0.0005)) - optional_points), 0.05 * max(order_value), string_agg(replace(field, '_', ' '), ', ' order by field), max(fill)
    from blanks
    where not exists (
        select 1
        from fault_orders as faults
        where faults.order_id = blanks.order_id and faults.symptom = 'blank_' || blanks.field
    )
    group by order_id
)
select
    order_id,
    variant,
    points as anomaly_score,
    impact,
    case variant when 'missing_field' then 'data_entry' else 'stale_master_data' end as cause,
    {'actual': actual, 'usual_percent': 100 * usual_share} as evidence
from found
where points >= 0.9
