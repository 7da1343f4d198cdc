-- One row per order line with a quantity above zero: the quantity to be expected, in logs, its spread, and how far the line is from it.
with known as (
    select
        peers.* exclude (size),
        coalesce(customers.day_count, 0) as customer_count,
        coalesce(customers.size * customers.day_count / (customers.day_count + 3), 0) as customer_size,
        coalesce(case when pairs.log_quantity is not null then pairs.day_count end, 0) as pair_count,
        pairs.log_quantity as pair_log_quantity,
        pairs.spread as pair_spread,
        pairs.highest as pair_highest,
        pairs.log_quantities as pair_log_quantities,
        spread_within,
        spread_between,
        pow(spread_within / spread_between, 2) as parent_weight
    from quantity_peers as peers
    left join quantity_customer_levels as customers
        on customers.customer_key = peers.customer_key and customers.ordered_on = peers.ordered_on
    left join quantity_pair_levels as pairs on pairs.pair_key = peers.pair_key and pairs.ordered_on = peers.ordered_on
    cross join quantity_spreads
)
select
    * exclude (spread_within, spread_between, parent_weight),
    -- the customer's own habit, shrunk to what its size and its peers suggest, by how much more each varies
    case
        when pair_count = 0 then peer_log_quantity + customer_size
        when peer_log_quantity is null then pair_log_quantity
        else (pair_count * pair_log_quantity + parent_weight * (peer_log_quantity + customer_size)) / (pair_count + parent_weight)
    end as log_expected,
    (pair_count * pow(coalesce(pair_spread, spread_within), 2) + 4 * pow(spread_within, 2)) / (pair_count + 4) as own_variance,
    sqrt(
        own_variance * (1 + 1 / (pair_count + parent_weight))
        + case when peer_count + product_count < 6 and pair_count = 0 then 0.5 else 0 end
    ) as spread,
    log_quantity - log_expected as deviation,
    deviation / spread as z
from known
