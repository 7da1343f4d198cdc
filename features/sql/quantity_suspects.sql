-- One row per order line whose quantity is far from the usual: how far, and what would explain it innocently or as a slip.
with known as (
    select
        expectations.*,
        lines.ordered_at,
        lines.unit_price,
        lines.unit,
        shifts.other_count,
        shifts.other_deviation,
        shifts.raised_share,
        shifts.customer_raised_share,
        shifts.customer_leap_share,
        exp(expectations.log_expected) as expected,
        -- the second highest, where there are enough: one slip that nobody noticed must not excuse the next
        exp(coalesce(
            list_reverse_sort(expectations.pair_log_quantities)[case when expectations.pair_count >= 4 then 2 else 1 end],
            expectations.pair_highest
        )) as highest,
        list_transform(coalesce(expectations.pair_log_quantities, []), lambda earlier: round(exp(earlier), 3)) as earlier,
        coalesce(leads.is_planned_ahead, false) as is_planned_ahead
    from quantity_expectations as expectations
    inner join line_facts as lines using (order_id, line_no)
    inner join quantity_order_shifts as shifts using (order_id, line_no)
    left join quantity_leads as leads using (order_id)
),
slips as (
    select
        *,
        list_contains(earlier, round(quantity / 10, 3)) as is_ten_times_an_earlier,
        list_contains(earlier, round(quantity / 100, 3)) as is_hundred_times_an_earlier,
        list_contains(earlier, round(quantity * 10, 3)) as is_ten_times_less,
        is_ten_times_less
        or len(list_filter(earlier, lambda q: q >= 10 and floor(q / 10) = quantity)) > 0 as is_digit_dropped,
        -- the quantity written with one digit typed twice, of a quantity ordered earlier
        len(list_filter(
            earlier,
            lambda q: q >= 1 and q = floor(q) and (
                quantity::bigint::varchar = left(q::bigint::varchar, 1) || q::bigint::varchar
                or quantity::bigint::varchar = q::bigint::varchar || right(q::bigint::varchar, 1)
            )
        )) > 0 as is_digit_repeated,
        coalesce(list_min(list_filter(
            [6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 36, 40, 48, 50, 60, 72, 100, 144],
            lambda pack: list_contains(earlier, round(quantity / pack, 3))
        )), 0) as pack_size
    from known
)
select
    * exclude (earlier, pair_log_quantities),
    -- what the whole order shares is no slip in one line
    case
        when deviation > 0 then greatest(deviation - greatest(other_deviation, 0) * other_count / (other_count + 0.3), 0)
        else least(deviation - least(other_deviation, 0) * other_count / (other_count + 0.3), 0)
    end as own_deviation,
    -- how far beyond anything this customer ordered of the product before
    case when pair_count > 0 then greatest(log_quantity - greatest(ln(highest), log_expected), 0) else own_deviation end
        as excess,
    -- whole units make small quantities coarse; of a product that the customer hardly ever ordered little is known
    sqrt(
        spread * spread + 0.04 + pow(0.7 / greatest(expected, 1), 2)
        + case when pair_count = 0 then 1.0 when pair_count = 1 then 0.3 when pair_count = 2 then 0.1 else 0 end
    ) as full_spread,
    pair_count > 0 and quantity <= 1.05 * highest as is_seen_before,
    -- In log-odds against a slip. A project is planned ahead however large it is, so this outweighs much of the distance.
    case when is_planned_ahead then 6 else 0 end
    + 8 * customer_raised_share
    -- one order in twelve may leap by chance, by a project or a season
    + 20 * greatest(customer_leap_share - 0.08, 0)
    + 12 * raised_share
    + case when is_seen_before then 2 else 0 end
    + case when other_count = 0 then 1 else 0 end as excuse,
    -- Log-odds for a slip: of two that are both far out the further is hardly the likelier, hence the logarithms.
    1.2 * own_deviation
    + 3.4 * ln(1 + own_deviation / full_spread)
    + 1.6 * ln(1 + excess / full_spread)
    + 1.5 * ln(1 + pair_count)
    - 14
    - excuse as points
from slips
