-- One row per order line that a promotion covers on its day, or covered or will cover within $grace_days: the discounts.
-- default: grace_days = 3    # orders taken just before a promotion or just after it are often given it
with lines as (
    select order_id, line_no, product_id, customer_id, ordered_at from line_facts
),
promotions as (
    select
        product_id,
        customer_id,
        discount,
        valid_from,
        case when valid_to = date_trunc('day', valid_to) then valid_to + interval 1 day else valid_to end as valid_until
    from maybe_promotions
    where discount > 0 and discount < 1
),
covered as (
    select lines.order_id, lines.line_no, lines.ordered_at, promotions.*
    from lines
    inner join promotions on promotions.product_id = lines.product_id
    where promotions.customer_id is null or promotions.customer_id = lines.customer_id
    union all
    select lines.order_id, lines.line_no, lines.ordered_at, promotions.*
    from lines
    inner join promotions on promotions.customer_id = lines.customer_id
    where promotions.product_id is null
    union all
    select lines.order_id, lines.line_no, lines.ordered_at, promotions.*
    from lines
    inner join promotions
        on lines.ordered_at >= promotions.valid_from - to_days(cast($grace_days as integer))
        and lines.ordered_at < promotions.valid_until + to_days(cast($grace_days as integer))
    where promotions.product_id is null and promotions.customer_id is null
)
select
    order_id,
    line_no,
    max(discount) filter (where ordered_at >= valid_from and ordered_at < valid_until) as promotion_discount,
    list_distinct(list(discount)) as promotion_discounts
from covered
where
    ordered_at >= valid_from - to_days(cast($grace_days as integer))
    and ordered_at < valid_until + to_days(cast($grace_days as integer))
group by order_id, line_no
