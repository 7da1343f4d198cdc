-- One row: which tables there are for planning.
select *
from supply_coverage
