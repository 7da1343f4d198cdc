-- One row per channel that has exceptions.
select distinct channel
from exceptions
where channel is not null
order by channel
