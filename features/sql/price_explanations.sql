-- One row per order line: which legitimate price its net price equals, if any.
with known as (
    select
        bases.order_id,
        bases.line_no,
        bases.log_net,
        bases.log_base,
        bases.log_ratio,
        bases.has_list,
        bases.ordered_on,
        expectations.deviation,
        expectations.expected_by,
        terms,
        pair_level,
        range_level,
        customer_level,
        peer_level,
        product_level,
        segment_level,
        volume,
        neighbours,
        -- half a per cent, or half a cent where prices are small
        greatest(0.005, 0.006 / bases.net_price) as tolerance
    from price_bases as bases
    inner join price_expectations as expectations using (order_id, line_no)
    inner join line_facts using (order_id, line_no)
    left join price_terms as terms using (order_id, line_no)
    left join price_pair_levels as pair_level on pair_level.pair_key = bases.pair_key and pair_level.ordered_on = bases.ordered_on
    left join price_range_levels as range_level
        on range_level.range_key = bases.range_key and range_level.ordered_on = bases.ordered_on
    left join price_customer_levels as customer_level
        on customer_level.customer_key = bases.customer_key and customer_level.ordered_on = bases.ordered_on
    left join price_peer_levels as peer_level on peer_level.peer_key = bases.peer_key and peer_level.ordered_on = bases.ordered_on
    left join price_product_levels as product_level
        on product_level.product_key = bases.product_key and product_level.ordered_on = bases.ordered_on
    left join price_segment_levels as segment_level
        on segment_level.segment_key = bases.segment_key and segment_level.ordered_on = bases.ordered_on
    left join price_volume_levels as volume
        on volume.volume_key = hash(line_facts.category, line_facts.currency, floor(2 * log2(line_facts.quantity)))
        and volume.ordered_on = bases.ordered_on
    left join price_neighbours as neighbours using (order_id, line_no)
    where expectations.deviation is not null
)
select
    order_id,
    line_no,
    case
        when abs(deviation) <= tolerance then expected_by
        when abs(log_net - ln(terms.contract_price)) <= tolerance then 'contract'
        when abs(log_net - ln(terms.list_price)) <= tolerance then 'list price'
        when list_bool_or(
            list_transform(
                terms.promotion_discounts,
                lambda discount: abs(deviation - ln(1 - discount)) <= tolerance
                or abs(log_net - ln(terms.list_price) - ln(1 - discount)) <= tolerance
                or abs(log_ratio - customer_level.log_ratio - ln(1 - discount)) <= tolerance
            )
        ) then 'promotion'
        when log_ratio between pair_level.low_log_ratio - tolerance and pair_level.high_log_ratio + tolerance then 'customer and product'
        when pair_level.day_count > 0 and abs(log_net - pair_level.last_log_net) <= tolerance and abs(pair_level.last_log_base - log_base) <= 0.02
            then 'last agreed price'
        when log_ratio between range_level.low_log_ratio - tolerance and range_level.high_log_ratio + tolerance
            and range_level.day_count >= 3 then 'customer and category'
        when log_ratio between customer_level.low_log_ratio - tolerance and customer_level.high_log_ratio + tolerance
            and customer_level.day_count >= 3 then 'customer'
        when abs(log_ratio - peer_level.log_ratio) <= tolerance and peer_level.day_count >= 3 then 'segment and product'
        when abs(log_ratio - product_level.log_ratio) <= tolerance and product_level.day_count >= 3 then 'product'
        when abs(deviation - ln(terms.next_list_price / terms.list_price)) <= tolerance
            and terms.next_list_from <= ordered_on + interval 30 day then 'next list price'
        when abs(deviation - ln(terms.previous_list_price / terms.list_price)) <= tolerance
            and terms.list_from >= ordered_on - interval 14 day then 'previous list price'
        when abs(log_net - ln(terms.next_contract_price)) <= tolerance
            and terms.next_contract_from <= ordered_on + interval 45 day then 'next contract'
        when abs(log_net - ln(terms.ended_contract_price)) <= tolerance
            and terms.contract_until >= ordered_on - interval 30 day then 'ended contract'
        when abs(log_net - ln(terms.previous_contract_price)) <= tolerance
            and terms.contract_from >= ordered_on - interval 14 day then 'previous contract'
        when deviation < 0 and deviation >= volume.low_deviation - tolerance and volume.line_count >= 8 then 'quantity'
        when neighbours.alike_customer_count >= 2 and (abs(deviation) < 1 or neighbours.alike_share >= 0.25)
            then 'other customers'
    end as explained_by
from known
