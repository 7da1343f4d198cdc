-- One row per order line whose price nothing legitimate explains: how far off it is, and how rare that is here.
with off as (
    select
        candidates.order_id,
        candidates.line_no,
        candidates.customer_id,
        candidates.product_id,
        candidates.currency,
        candidates.expected_by,
        candidates.log_expected,
        candidates.expected_count,
        candidates.width,
        candidates.deviation,
        candidates.terms,
        candidates.tolerance,
        candidates.log_list,
        candidates.log_contract,
        candidates.contract_log_rate,
        greatest(candidates.product_level.width, candidates.peer_level.width) / 2 as product_spread,
        [
            candidates.deviation,
            candidates.log_net - candidates.log_list,
            candidates.log_gross - candidates.log_list,
            candidates.log_net - candidates.pair_level.last_log_net,
            candidates.log_net - candidates.product_log_net
        ] as gaps,
        count(*) over (partition by candidates.customer_id) - 1 as customer_off_count,
        count(*) over (partition by candidates.product_id) - 1 as product_off_count,
        count(*) over () as off_count
    from price_candidates as candidates
    inner join price_explanations as explanations using (order_id, line_no)
    where explanations.explained_by is null
),
scale as (
    select least(0.5, greatest(0.02, quantile_cont(abs(deviation), 0.9))) as spread, count(deviation) as line_count
    from price_expectations
),
customers as (
    select customer_id, count(*) as line_count
    from line_facts
    where customer_id in (select customer_id from off)
    group by customer_id
),
products as (
    select product_id, count(*) as line_count
    from line_facts
    where product_id in (select product_id from off)
    group by product_id
)
select
    off.*,
    -- the share of lines that are off for this customer, this product, or at all; up to 1.5 % is put down to mistakes
    greatest(
        (off.customer_off_count + 40 * least(off.off_count / scale.line_count, 0.015)) / (customers.line_count + 40),
        (off.product_off_count + 40 * least(off.off_count / scale.line_count, 0.015)) / (products.line_count + 40),
        off.off_count / scale.line_count
    ) as off_share,
    log10(greatest(1, off_share / 0.015)) as habit_discount,
    -- the spread of the habit, shrunk to the product's over all customers; habits of a customer over all products don't know it
    greatest(
        scale.spread,
        coalesce(product_spread, 0),
        case when expected_count = 0 and expected_by <> 'contract' then 0.15 else 0 end
    ) as parent_spread,
    case when expected_by in ('contract', 'customer and product', 'segment and product', 'product') then expected_count else 0 end
        as own_count,
    greatest(
        0.02, sqrt((own_count * pow(width / 1.35, 2) + 3 * pow(parent_spread, 2)) / (own_count + 3))
    ) as spread,
    abs(deviation) / spread as z,
    -- one in 10 ** surprise prices lies so far from the expected one (Student's t with three degrees of freedom)
    -log10(1 - 2 / pi() * (atan(z / sqrt(3)) + sqrt(3) * z / (z * z + 3)) + 1e-9) as surprise
from off
inner join customers using (customer_id)
inner join products using (product_id)
cross join scale
