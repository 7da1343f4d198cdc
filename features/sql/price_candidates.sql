-- One row per order line whose net price is off its expected one: what could explain it, side by side.
select
    bases.order_id,
    bases.line_no,
    bases.ordered_on,
    bases.log_net,
    bases.log_gross,
    bases.log_base,
    bases.log_ratio,
    bases.currency,
    bases.has_list,
    bases.product_log_net,
    line_facts.customer_id,
    line_facts.product_id,
    line_facts.discount,
    case when line_facts.discount between 0 and 0.99 then ln(1 - line_facts.discount) end as log_discount,
    expectations.expected_by,
    expectations.log_expected,
    expectations.expected_count,
    expectations.width,
    expectations.deviation,
    expectations.tolerance,
    terms,
    ln(terms.list_price) + rates.log_rate as log_list,
    ln(terms.contract_price) + rates.contract_log_rate as log_contract,
    rates.contract_log_rate,
    pair_level,
    range_level,
    customer_level,
    peer_level,
    product_level,
    segment_level,
    neighbours,
    steps,
    volume_peers,
    customer_steps
from price_bases as bases
inner join price_expectations as expectations using (order_id, line_no)
inner join line_facts using (order_id, line_no)
left join price_terms as terms using (order_id, line_no)
left join price_rates as rates on rates.currency = bases.currency
left join price_pair_levels as pair_level
    on pair_level.pair_key = bases.pair_key and pair_level.ordered_on = bases.ordered_on
left join price_range_levels as range_level
    on range_level.range_key = bases.range_key and range_level.ordered_on = bases.ordered_on
left join price_customer_levels as customer_level
    on customer_level.customer_key = bases.customer_key and customer_level.ordered_on = bases.ordered_on
left join price_peer_levels as peer_level
    on peer_level.peer_key = bases.peer_key and peer_level.ordered_on = bases.ordered_on
left join price_product_levels as product_level
    on product_level.product_key = bases.product_key and product_level.ordered_on = bases.ordered_on
left join price_segment_levels as segment_level
    on segment_level.segment_key = bases.segment_key and segment_level.ordered_on = bases.ordered_on
left join price_neighbours as neighbours using (order_id, line_no)
left join price_usual_steps as steps using (order_id, line_no)
left join price_volume_peers as volume_peers using (order_id, line_no)
left join price_customer_steps as customer_steps
    on customer_steps.customer_key = bases.customer_key and customer_steps.step = round(bases.free_log_ratio, 2)
where abs(expectations.deviation) > expectations.tolerance
