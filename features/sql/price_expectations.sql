-- One row per order line: the price that was to be expected, by whose habit, and how far the net price is from it (in logs).
with known as (
    select
        bases.order_id,
        bases.line_no,
        bases.has_list,
        bases.log_base,
        bases.log_net,
        bases.net_price,
        pair_level.log_ratio as pair_log_ratio,
        pair_level.day_count as pair_count,
        pair_level.width as pair_width,
        range_level.log_ratio as range_log_ratio,
        range_level.day_count as range_count,
        range_level.width as range_width,
        customer_level.log_ratio as customer_log_ratio,
        customer_level.day_count as customer_count,
        customer_level.width as customer_width,
        peer_level.log_ratio as peer_log_ratio,
        peer_level.day_count as peer_count,
        peer_level.width as peer_width,
        product_level.log_ratio as product_log_ratio,
        product_level.day_count as product_count,
        product_level.width as product_width,
        segment_level.log_ratio as segment_log_ratio,
        segment_level.day_count as segment_count,
        segment_level.width as segment_width,
        bases.log_contract_price + coalesce(rates.contract_log_rate, 0) as log_contract,
        rates.log_rate,
        -- the tightest habit with enough history wins; where they are equally tight, the closer group
        case when pair_level.day_count >= 2 then 1.6 * pair_level.day_count / (pair_level.day_count + 2) / (pair_level.width + 0.02) end as pair_weight,
        case when range_level.day_count >= 3 then 1.3 * range_level.day_count / (range_level.day_count + 3) / (range_level.width + 0.02) end
            as category_weight,
        case when customer_level.day_count >= 3 then 1.1 * customer_level.day_count / (customer_level.day_count + 3) / (customer_level.width + 0.02) end
            as customer_weight,
        case when peer_level.day_count >= 3 then peer_level.day_count / (peer_level.day_count + 3) / (peer_level.width + 0.02) end as peer_weight,
        case when product_level.day_count >= 3 then 0.4 * product_level.day_count / (product_level.day_count + 3) / (product_level.width + 0.02) end
            as product_weight,
        case when has_list and segment_level.day_count >= 5 then 0.5 / (segment_level.width + 0.02) end as segment_weight,
        greatest(pair_weight, category_weight, customer_weight, peer_weight, product_weight, segment_weight) as weight
    from price_bases as bases
    left join price_rates as rates on rates.currency = bases.currency
    left join price_pair_levels as pair_level using (pair_key, ordered_on)
    left join price_range_levels as range_level using (range_key, ordered_on)
    left join price_customer_levels as customer_level using (customer_key, ordered_on)
    left join price_peer_levels as peer_level using (peer_key, ordered_on)
    left join price_product_levels as product_level using (product_key, ordered_on)
    left join price_segment_levels as segment_level using (segment_key, ordered_on)
),
chosen as (
    select
        *,
        case
            when log_contract is not null then 'contract'
            when weight = pair_weight then 'customer and product'
            when weight = category_weight then 'customer and category'
            when weight = customer_weight then 'customer'
            when weight = peer_weight then 'segment and product'
            when weight = product_weight then 'product'
            when weight = segment_weight then 'segment'
            when has_list and log_rate is not null then 'list price'
            when not has_list and log_base is not null then 'product'
        end as expected_by,
        case expected_by
            when 'customer and product' then pair_log_ratio
            when 'customer and category' then range_log_ratio
            when 'customer' then customer_log_ratio
            when 'segment and product' then peer_log_ratio
            when 'product' then product_log_ratio
            when 'segment' then segment_log_ratio
        end as usual_log_ratio,
        case expected_by
            when 'customer and product' then pair_count
            when 'customer and category' then range_count
            when 'customer' then customer_count
            when 'segment and product' then peer_count
            when 'product' then product_count
            when 'segment' then segment_count
        end as usual_count,
        case expected_by
            when 'customer and product' then pair_width
            when 'customer and category' then range_width
            when 'customer' then customer_width
            when 'segment and product' then peer_width
            when 'product' then product_width
            when 'segment' then segment_width
        end as usual_width
    from known
)
select
    order_id,
    line_no,
    expected_by,
    case
        when expected_by = 'contract' then log_contract
        when expected_by = 'list price' then log_base + log_rate
        when expected_by is not null then log_base + coalesce(usual_log_ratio, 0)
    end as log_expected,
    coalesce(usual_count, 0) as expected_count,
    coalesce(usual_width, 0) as width,
    log_net - log_expected as deviation,
    -- half a per cent, or half a cent where prices are small
    greatest(0.005, 0.006 / net_price) as tolerance
from chosen
