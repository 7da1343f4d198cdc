-- One row per value that kept a row out.
select *
from quarantine
where ($table_name = '' or table_name = $table_name)
    and ($words = '' or contains(
        lower(concat_ws(' ', table_name, key, column_name, "value", reason)), $words))
order by quarantined_at desc, table_name, row_number
limit 5000
