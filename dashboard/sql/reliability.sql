-- One row per tenth of the chance that was shown when a finding was judged: the mean chance, and how many were right.
select
    least(floor(score * 10), 9)::integer as tenth,
    avg(score) as mean_score,
    count(*) as judged_count,
    count(*) filter (where label = 'confirmed') as confirmed_count
from judgements
where score is not null
group by tenth
order by tenth
