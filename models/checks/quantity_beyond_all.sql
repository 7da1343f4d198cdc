-- One row per order line.
-- kind: quantity_outlier
-- title: Quantity beyond anything ever ordered, of a product hardly known
-- silent_if: common_sizes
-- default: quantile = 0.9999       # the company's own largest quantities, but for one line in ten thousand
-- default: least_known = 3         # order days of the product from which on its own history judges it
-- prior: 0.5 at 1.6, 0.95 at 3
-- reason.beyond_all: {quantity:,.0f} ordered of a product with {known_count} earlier order days; only one line in 10,000 of all products is above {largest:,.0f}.
-- counterfactual: With {largest:,.0f} ordered, or more order days known of the product, this line would not be flagged.
with ordered as (
    select
        quantity,
        sum(count(*)) over (order by quantity desc) - count(*) + 1 as place,
        sum(count(*)) over () as line_count
    from line_facts
    where quantity > 0 and not is_known_wrong
    group by quantity
),
company as (
    -- in a small company the very largest lines are left out, or a line would be measured by itself
    select min(quantity) as largest
    from ordered
    where place <= greatest(4, line_count * (1 - $quantile))
),
beyond as (
    select lines.product_id
    from line_facts as lines
    cross join company
    where lines.quantity > 2 * company.largest
),
earlier as (
    select
        order_id,
        line_no,
        count(*) over (
            partition by product_id
            order by ordered_on range between unbounded preceding and interval 1 day preceding
        ) as known_count
    from line_facts
    where product_id in (select product_id from beyond)
)
select
    lines.order_id,
    lines.line_no,
    lines.product_id,
    'beyond_all' as variant,
    ln(lines.quantity / company.largest) as anomaly_score,
    (lines.quantity - company.largest) * abs(lines.unit_price) as impact,
    'data_entry' as cause,
    {
        'quantity': lines.quantity,
        'known_count': earlier.known_count,
        'largest': company.largest,
        'actual': lines.quantity,
        'expected': company.largest,
        'peer_group': 'all products'
    } as evidence
from line_facts as lines
inner join earlier using (order_id, line_no)
cross join company
where lines.quantity > 2 * company.largest and earlier.known_count < $least_known
