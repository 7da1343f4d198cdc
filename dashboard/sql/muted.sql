-- One row per finding that a mute keeps out of sight, with the oldest mute that does.
with measured as (
    select
        exceptions.*,
        try_cast(json_extract_string(evidence, '$.actual') as double)
        - try_cast(json_extract_string(evidence, '$.expected') as double) as distance
    from exceptions
)
select measured.exception_id, min(mutes.mute_id) as mute_id
from measured
inner join mutes
    on (mutes.exception_id is null or mutes.exception_id = measured.exception_id)
    and (mutes.kind is null or mutes.kind = measured.kind)
    and (mutes.source is null or mutes.source = measured.source)
    and (mutes.customer_id is null or mutes.customer_id = measured.customer_id)
    and (mutes.product_id is null or mutes.product_id = measured.product_id)
    and (mutes.channel is null or mutes.channel = measured.channel)
    and (mutes.entered_by is null or mutes.entered_by = measured.entered_by)
    and (mutes.below_impact is null or measured.impact < mutes.below_impact)
    and (mutes.below_score is null or measured.score < mutes.below_score)
    and (
        mutes.direction = ''
        or (mutes.direction = 'up' and measured.distance > 0)
        or (mutes.direction = 'down' and measured.distance < 0)
    )
group by measured.exception_id
