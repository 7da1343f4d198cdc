-- One row per order line below its expected price: how usual its discount is among lines that are as large, or nearly so.
with off as (
    select
        order_id,
        line_no,
        step,
        unnest([
            {'scale': hash('value', currency), 'least_bin': floor(log_value / 0.4)},
            {'scale': hash('value', currency), 'least_bin': floor(log_value / 0.4) - 3},
            {'scale': hash('relative size'), 'least_bin': floor(size / 0.4)},
            {'scale': hash('relative size'), 'least_bin': floor(size / 0.4) - 3},
            {'scale': hash('quantity', category), 'least_bin': floor(log_quantity / 0.4)}
        ], recursive := true)
    from price_sizes
    where own_deviation < -0.005
),
wanted as (
    select distinct scale, least_bin, step from off where least_bin is not null
),
totals as (
    select scale, bin, sum(line_count) as line_count from price_size_counts group by scale, bin
),
shares as (
    select
        wanted.scale,
        wanted.least_bin,
        wanted.step,
        sum(same.line_count) as same_count,
        sum(same.line_count) / sum(totals.line_count) as share
    from wanted
    inner join totals on totals.scale = wanted.scale and totals.bin >= wanted.least_bin
    left join price_size_counts as same
        on same.scale = wanted.scale and same.bin = totals.bin and same.step = wanted.step
    group by all
),
overall as (
    select step, count(*) / sum(count(*)) over () as usual_share from price_sizes group by step
)
select
    off.order_id,
    off.line_no,
    max(shares.share) as largest_share,
    max(shares.share / overall.usual_share) as largest_lift
from off
inner join shares using (scale, least_bin, step)
inner join overall using (step)
-- less than four lines have it in common by chance
where shares.same_count >= 4
group by off.order_id, off.line_no
