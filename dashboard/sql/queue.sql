-- One row per alert that passes the filters, the first to look at first.
with findings as (
    select
        exceptions.*,
        labels.label,
        (len($kinds) = 0 or exceptions.kind in (select unnest($kinds)))
        and (len($causes) = 0 or exceptions.cause in (select unnest($causes)))
        and (len($departments) = 0 or exceptions.department in (select unnest($departments)))
        and (len($channels) = 0 or coalesce(exceptions.channel, '') in (select unnest($channels)))
        and (not $is_within or exceptions.exception_id in (select unnest($within)))
        and (not $is_asked or exceptions.exception_id in (select unnest($asked)))
        and (not $only_new or exceptions.exception_id in (
            select exception_id from first_found where run_id = (select max(run_id) from detect_runs)
        ))
        and exceptions.score >= $score as is_wanted
    from exceptions
    left join labels using (exception_id)
),
inside as (
    select
        alert_id,
        list(distinct kind) as kinds,
        bool_or(is_wanted) as is_wanted,
        max(score) filter (where label is null) as open_score,
        coalesce(bool_or(label = 'confirmed'), false) as is_confirmed,
        lower(string_agg(concat_ws(' ', order_id, product_id, customer_id, entered_by), ' ')) as words
    from findings
    group by alert_id
),
judged as (
    select
        alerts.*,
        inside.kinds,
        inside.words,
        heads.product_id,
        heads.department,
        heads.channel,
        heads.source,
        heads.variant,
        heads.evidence,
        orders.order_number,
        coalesce(orders.currency, (select mode(currency) from maybe_orders)) as currency,
        customers.name as customer_name,
        products.name as product_name,
        -- one confirmed finding makes the order wrong; rejected ones leave it open while another is likely
        case
            when inside.is_confirmed then 'confirmed'
            when labels.label is null or inside.open_score >= $likely then 'open'
            else labels.label
        end as status
    from alerts
    inner join inside using (alert_id)
    inner join exceptions as heads on heads.exception_id = alerts.exception_id
    left join labels on labels.exception_id = alerts.exception_id
    left join maybe_orders as orders on orders.order_id = alerts.order_id
    left join maybe_customers as customers on customers.customer_id = alerts.customer_id
    left join maybe_products as products on products.product_id = heads.product_id
    where inside.is_wanted
)
select * exclude (words)
from judged
where ($status = 'all' or status = $status)
    and ($words = '' or contains(
        lower(concat_ws(' ', words, order_number, customer_name, product_name, alert_id)), $words))
order by rank
