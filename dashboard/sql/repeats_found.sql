-- One row: how many orders there are, and how many of them likely repeat an earlier one.
select
    (select count(*) from orders where coalesce(status, 'new') <> 'cancelled') as order_count,
    (select count(distinct order_id) from duplicates where probability >= $likely) as duplicate_count
