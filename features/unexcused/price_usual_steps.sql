-- No row: no discount is usual for the size of a line.
select null::varchar as order_id, null::integer as line_no, null::double as largest_share, null::double as largest_lift
where false
