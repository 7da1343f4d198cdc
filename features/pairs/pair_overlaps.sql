-- One row per candidate pair that shares a product: how many products, how many in the same quantity, how surprising.
-- The surprise is in bits, for the later order's customer; the greatest counts in full, the others half, since lines come
-- together.
select
    pairs.pair,
    count(*) as shared_count,
    count(*) filter (where l.quantity = r.quantity) as equal_count,
    0.5 * coalesce(max(r.bits) filter (where l.quantity = r.quantity), 0)
        + 0.5 * coalesce(sum(r.bits) filter (where l.quantity = r.quantity), 0) as bits
from candidate_pairs as pairs
inner join item_habits as l on l.id = pairs.id_l
inner join item_habits as r on r.item = hash(pairs.id_r, l.product)
group by pairs.pair
