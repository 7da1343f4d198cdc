-- One row per order whose list of lines has a hole or a line twice.
-- kind: order_info
-- title: Lines missing or repeated
-- silent_if: plain_lines
-- prior: 0.5 at 1.5, 0.95 at 2.3
-- reason.no_lines: The order has no lines.
-- reason.line_gap: Line numbers run to {last} but only {count} lines are there; {usual_percent:.1f} % of such orders have no gap.
-- reason.line_twice: Product {product} stands twice with the same quantity {quantity:,.0f} and price; that happens in {share:.2f} % of orders.
-- counterfactual.no_lines: With at least one line the order would not be flagged.
-- counterfactual.line_gap: With all {last} lines the order would not be flagged.
-- counterfactual.line_twice: With product {product} on one line, or in different quantities, the order would not be flagged.
with numbered as (
    select
        order_id,
        coalesce(channel, '') as lane,
        count(*) as line_count,
        min(line_no) as first_no,
        max(line_no) as last_no
    from line_facts
    group by order_id, coalesce(channel, '')
),
stepped as (
    select *, avg((last_no <> line_count or first_no <> 1)::integer) over (partition by lane) as gap_share
    from numbered
),
twice as (
    select order_id, product_id, quantity, any_value(net_value) as net_value, count(*) as copies
    from line_facts
    where not is_known_wrong
    group by order_id, product_id, quantity, unit_price, discount, warehouse_id
    having count(*) > 1
),
twice_shares as (
    select *, count(distinct order_id) over () / (select count(*) from order_facts) as twice_share
    from twice
),
found as (
    select
        order_id, 'no_lines' as variant, 2.5 - case when avg_empty > 0.02 then 1.5 else 0 end as points,
        0.05 * order_value as impact, 0 as line_count, 0 as last_no, 1 - avg_empty as usual_share, null as product_id, null as quantity
    from (select *, avg((line_count = 0)::integer) over () as avg_empty from order_facts) as counted
    where line_count = 0
    union all
    select order_id, 'line_gap', least(1.45, -log10(gap_share + 0.002)), 0, line_count, last_no, 1 - gap_share, null, null
    from stepped
    where (last_no <> line_count or first_no <> 1) and last_no > line_count
    union all
    select
        order_id, 'line_twice', least(2, max(-log10(twice_share + 0.002)) - 0.4), sum(net_value * (copies - 1)), null, null,
        max(twice_share), min(product_id), min(quantity)
    from twice_shares
    group by order_id
)
select
    order_id,
    variant,
    points as anomaly_score,
    impact,
    'data_entry' as cause,
    {
        'count': line_count,
        'last': last_no,
        'usual_percent': 100 * usual_share,
        'share': 100 * usual_share,
        'product': product_id,
        'quantity': quantity
    } as evidence
from found
where points >= 1.1
    and order_id not in (select order_id from fault_orders where symptom = 'no_lines')
