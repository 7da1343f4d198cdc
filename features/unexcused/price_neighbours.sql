-- No row: no other customer paid alike.
select
    null::varchar as order_id,
    null::integer as line_no,
    null::boolean as has_two_alike,
    null::double as alike_share,
    null::boolean as has_two_gross_alike,
    null::double as gross_alike_share
where false
