-- One row per judged finding that resembles the one in question, the most alike first.
with this as (
    select * from exceptions where exception_id = $id
)
select
    others.exception_id,
    others.kind,
    others.source,
    others.variant,
    others.evidence,
    others.reason,
    others.order_id,
    others.ordered_at,
    others.score,
    judgements.label,
    judgements.reason as because,
    judgements.note,
    judgements."by",
    judgements."at" as judged_at,
    others.source = this.source and others.variant = this.variant as is_same_check,
    coalesce(others.customer_id = this.customer_id, false) as is_same_customer,
    coalesce(others.product_id = this.product_id, false) as is_same_product,
    coalesce(others.entered_by = this.entered_by, false) as is_same_operator,
    2 * is_same_check::integer + 2 * is_same_customer::integer + 2 * is_same_product::integer + is_same_operator::integer
    + coalesce(others.cause = this.cause, false)::integer as likeness
from exceptions as others
inner join judgements on judgements.exception_id = others.exception_id
inner join this on others.kind = this.kind
where others.exception_id <> $id and likeness >= 2
order by likeness desc, judged_at desc, others.exception_id
limit 30
