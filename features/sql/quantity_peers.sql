-- One row per order line with a quantity above zero: what customers of its segment usually order of the product, and its size next to that.
select
    bases.*,
    coalesce(peer.day_count, 0) as peer_count,
    coalesce(product.day_count, 0) as product_count,
    -- the segment's habit, shrunk to that of all customers
    case
        when product.day_count > 0
            then (coalesce(peer.day_count * peer.log_quantity, 0) + 6 * product.log_quantity)
                / (coalesce(case when peer.log_quantity is not null then peer.day_count end, 0) + 6)
    end as peer_log_quantity,
    bases.log_quantity - peer_log_quantity as size
from quantity_bases as bases
left join quantity_peer_levels as peer using (peer_key, ordered_on)
left join quantity_product_levels as product using (product_key, ordered_on)
