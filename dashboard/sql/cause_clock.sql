-- One row: the days that the causes are about, and the currency that most findings are in.
select
    min(ordered_on) as first_on,
    max(ordered_on) as last_on,
    (select mode(currency) from cause_findings) as currency
from cause_units
where grain = 'order'
