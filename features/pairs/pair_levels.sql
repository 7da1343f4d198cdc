-- One row per candidate pair: its comparison vector, and the hash that equal vectors share.
select
    pairs.pair,
    pairs.id_l,
    pairs.id_r,
    hash(
        times.gap, times.calendar, times.rhythm, times.customer_rhythm, times.cadence, times.weekday,
        items.items, items.reach, items.repertoire, items.amount, chances.chance, batches.batch,
        refs.po, refs.number, refs.requested, refs.copy,
        parties.customer, parties.ship, parties.receiver, parties.phone, parties.channel, parties.operator,
        hindsight.payment, hindsight.fate
    ) as pattern,
    times.* exclude (pair),
    items.* exclude (pair),
    chances.chance,
    batches.batch,
    refs.* exclude (pair),
    parties.* exclude (pair),
    hindsight.payment,
    hindsight.fate
from candidate_pairs as pairs
inner join levels_time as times using (pair)
inner join levels_items as items using (pair)
inner join levels_chance as chances using (pair)
inner join levels_batch as batches using (pair)
inner join levels_references as refs using (pair)
inner join levels_parties as parties using (pair)
inner join levels_hindsight as hindsight using (pair)
