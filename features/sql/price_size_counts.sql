-- One row per way to measure size, its step of half an octave or so, and discount step: how many lines there are.
with measured as (
    select
        step,
        unnest([
            {'scale': hash('value', currency), 'bin': floor(log_value / 0.4)},
            {'scale': hash('relative size'), 'bin': floor(size / 0.4)},
            {'scale': hash('quantity', category), 'bin': floor(log_quantity / 0.4)}
        ], recursive := true)
    from price_sizes
    where not is_known_wrong
)
select scale, bin, step, count(*) as line_count
from measured
where bin is not null
group by scale, bin, step
