-- No row: nothing is put down to a fault.
select null::varchar as order_id, null::varchar as symptom
where false
