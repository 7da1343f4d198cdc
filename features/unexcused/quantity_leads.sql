-- No row: no order is planned ahead.
select null::varchar as order_id, null::boolean as is_planned_ahead
where false
