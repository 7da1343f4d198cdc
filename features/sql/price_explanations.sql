-- One row per order line whose net price is off its expected one: the legitimate price it equals, if any.
with parts as (
    select
        *,
        -- what the discount column of the line is explained by, if it has one
        case
            when discount = 0 then 'none'
            when log_discount between pair_level.low_log_ratio - tolerance and 0.01 then 'customer and product'
            when log_discount between range_level.low_log_ratio - tolerance and 0.01 and range_level.day_count >= 3
                then 'customer and category'
            when log_discount between customer_level.low_log_ratio - tolerance and 0.01 and customer_level.day_count >= 3
                then 'customer'
            when list_bool_or(list_transform(terms.promotion_discounts, lambda promised: abs(discount - promised) < 0.002))
                then 'promotion'
            when steps.largest_share >= 0.15 or steps.largest_lift >= 5
            or (volume_peers.same_count >= 2 and volume_peers.share >= 0.2) then 'quantity'
        end as discount_by,
        coalesce(
            abs(deviation - ln(terms.previous_list_price / terms.list_price)) <= 0.0003 + 0.011 * exp(-log_net)
            and abs(ln(terms.previous_list_price / terms.list_price)) > 2 * tolerance
            and abs(log_gross - log_list) > tolerance
            and terms.list_from < ordered_on - interval 7 day
            and coalesce(neighbours.alike_share, 0) < 0.3,
            false
        ) as is_replaced_price,
        coalesce(
            abs(log_gross - ln(terms.list_price)) <= 0.0005 and abs(log_list - ln(terms.list_price)) > 0.02, false
        ) as is_unconverted
    from price_candidates
)
select
    order_id,
    line_no,
    case
        when abs(log_net - log_contract) <= tolerance then 'contract'
        when list_bool_or(
            list_transform(
                terms.promotion_discounts,
                lambda promised: abs(deviation - ln(1 - promised)) <= tolerance
                or abs(log_net - log_list - ln(1 - promised)) <= tolerance
                or abs(log_ratio - customer_level.log_ratio - ln(1 - promised)) <= tolerance
            )
        ) then 'promotion'
        when abs(log_ratio - pair_level.log_ratio) <= tolerance then 'customer and product'
        when abs(log_net - pair_level.last_log_net) <= tolerance and abs(pair_level.last_log_base - log_base) <= 0.02
            then 'last agreed price'
        when log_contract is not null and abs(pair_level.last_log_net - log_contract) <= 0.01 then null
        when abs(log_net - log_list) <= tolerance then 'list price'
        -- what a mistake explains to the cent is not excused by vaguer likenesses
        when is_replaced_price or is_unconverted then null
        when log_ratio between pair_level.low_log_ratio - tolerance and pair_level.high_log_ratio + tolerance
            and pair_level.day_count >= 5 then 'customer and product'
        when log_ratio between range_level.low_log_ratio - tolerance and range_level.high_log_ratio + tolerance
            and range_level.day_count >= 8 then 'customer and category'
        when abs(log_ratio - range_level.log_ratio) <= tolerance and range_level.day_count >= 2 then 'customer and category'
        when log_ratio between customer_level.low_log_ratio - tolerance and customer_level.high_log_ratio + tolerance
            and customer_level.day_count >= 8 then 'customer'
        when abs(log_ratio - customer_level.log_ratio) <= tolerance and customer_level.day_count >= 2 then 'customer'
        when abs(log_ratio - peer_level.log_ratio) <= tolerance and peer_level.day_count >= 3 then 'segment and product'
        when abs(log_ratio - product_level.log_ratio) <= tolerance and product_level.day_count >= 3 then 'product'
        when abs(log_ratio - segment_level.log_ratio) <= tolerance and segment_level.day_count >= 5 then 'segment'
        when customer_steps.order_count >= 3 and customer_steps.share >= 0.5 then 'customer'
        when abs(deviation - ln(terms.next_list_price / terms.list_price)) <= tolerance
            and terms.next_list_from <= ordered_on + interval 30 day then 'next list price'
        when abs(deviation - ln(terms.previous_list_price / terms.list_price)) <= tolerance
            and terms.list_from >= ordered_on - interval 7 day then 'previous list price'
        when abs(log_net - ln(terms.next_contract_price) - contract_log_rate) <= tolerance
            and terms.next_contract_from <= ordered_on + interval 45 day then 'next contract'
        when abs(log_net - ln(terms.ended_contract_price) - contract_log_rate) <= tolerance
            and terms.contract_until >= ordered_on - interval 30 day then 'ended contract'
        when abs(log_net - ln(terms.previous_contract_price) - contract_log_rate) <= tolerance
            and terms.contract_from >= ordered_on - interval 7 day then 'previous contract'
        when steps.largest_share >= 0.15 or steps.largest_lift >= 5
            or (volume_peers.same_count >= 2 and volume_peers.share >= 0.2) then 'quantity'
        when neighbours.has_two_alike and (abs(deviation) < 1 or neighbours.alike_share >= 0.25)
            then 'other customers'
        when discount_by is not null and neighbours.has_two_gross_alike
            and abs(log_gross - log_base) > 0.005
            and (abs(deviation) < 1 or neighbours.gross_alike_share >= 0.25) then 'other customers'
        when discount_by <> 'none'
            and (abs(log_gross - log_list) <= tolerance or abs(log_gross - log_contract) <= tolerance)
            then discount_by
    end as explained_by
from parts
