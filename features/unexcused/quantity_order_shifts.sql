-- One row per order line far from its usual quantity: all around it is as usual.
select
    order_id,
    line_no,
    1 as other_count,
    0 as other_deviation,
    0 as raised_share,
    0 as customer_raised_share,
    0 as customer_leap_share
from quantity_expectations
where abs(deviation) > 1
