-- One row per order line whose price nothing legitimate explains: how far off it is, and how rare that is here.
with off as (
    select
        expectations.*,
        bases.log_net,
        bases.log_gross,
        bases.has_list,
        candidates.terms,
        candidates.tolerance,
        candidates.log_list,
        candidates.log_contract,
        candidates.contract_log_rate,
        greatest(candidates.product_level.width, candidates.peer_level.width) / 2 as product_spread,
        [
            expectations.deviation,
            bases.log_net - candidates.log_list,
            bases.log_gross - candidates.log_list,
            bases.log_net - candidates.pair_level.last_log_net,
            bases.log_net - bases.product_log_net
        ] as gaps
    from price_candidates as candidates
    inner join price_explanations as explanations using (order_id, line_no)
    inner join price_expectations as expectations using (order_id, line_no)
    inner join price_bases as bases using (order_id, line_no)
    where explanations.explained_by is null
),
scale as (
    select least(0.5, greatest(0.02, quantile_cont(abs(deviation), 0.9))) as spread, count(deviation) as line_count
    from price_expectations
),
habits as (
    select
        off.order_id,
        off.line_no,
        count(*) over (partition by line_facts.customer_id) - 1 as customer_off_count,
        count(*) over (partition by line_facts.product_id) - 1 as product_off_count,
        count(*) over () / scale.line_count as off_share
    from off
    inner join line_facts using (order_id, line_no)
    cross join scale
),
sizes as (
    select
        order_id,
        line_no,
        count(*) over (partition by customer_id) as customer_line_count,
        count(*) over (partition by product_id) as product_line_count
    from line_facts
)
select
    off.*,
    -- chances of a line like this being off for this customer or product, against 1.5 % for a company of careful clerks
    greatest(
        (habits.customer_off_count + 40 * least(habits.off_share, 0.015)) / (sizes.customer_line_count + 40),
        (habits.product_off_count + 40 * least(habits.off_share, 0.015)) / (sizes.product_line_count + 40),
        habits.off_share
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
inner join habits using (order_id, line_no)
inner join sizes using (order_id, line_no)
cross join scale
