-- No row: nobody else had the discount on as much of the product.
select null::varchar as order_id, null::integer as line_no, null::bigint as same_count, null::double as share
where false
