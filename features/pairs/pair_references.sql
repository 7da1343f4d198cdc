-- One row per customer PO or order number as written, found by its hash: its key, its stem and its last number.
-- The key is without case, width, prefix, look-alikes and zeros in front; the stem also without what people add to enter
-- it twice; the number tells neighbours in a sequence. What begins with a digit has no prefix, what ends with four of
-- them no addition, and most keys are digits alone: the slow patterns are for the others.
with written as (
    select customer_po as reference from match_orders where customer_po is not null
    union
    select order_number as reference from match_orders where order_number is not null
),
folded as (
    select
        reference,
        upper(trim(if(
            length(reference) = strlen(reference), reference,
            translate(reference, '０１２３４５６７８９－＿／（）＃．　', '0123456789-_/()#. ')
        ))) as text
    from written
),
bare as (
    select
        reference,
        if(
            regexp_matches(text, '^[0-9]'), text,
            regexp_replace(text, '^(?:P\.?\s?O\.?|ORDER|ORD|REF|NO|NR)?[\s.:#_/-]*([A-Z]{0,4}[\s_/-]?[0-9OIL])', '\1')
        ) as text
    from folded
    where regexp_matches(text, '[0-9]')
),
stemmed as (
    select
        reference,
        replace(text, '-', '') as text,
        if(regexp_matches(text, '[0-9]{4}$'), null, regexp_replace(
            regexp_replace(text, '[\s_./(-]*(?:DUPLICATE|DUPL?|COPY|RESEND|RESENT|REV|重复|重發|重发|副本|补单)[\s._-]*\d?\)?$', ''),
            '^(.*\d{3})(?:[\s_./(-]+(?:\d|[A-Z])|[RABX])\)?$', '\1'
        )) as stem
    from bare
),
keyed as (
    select
        reference,
        ltrim(if(
            regexp_full_match(text, '[0-9]+'), text,
            translate(regexp_replace(text, '[^A-Z0-9\p{Han}]', '', 'g'), 'OIL', '011')
        ), '0') as key,
        if(
            stem is null, null,
            ltrim(translate(regexp_replace(stem, '[^A-Z0-9\p{Han}]', '', 'g'), 'OIL', '011'), '0')
        ) as stem
    from stemmed
)
select
    hash(reference) as written,
    key,
    hash(key) as hashed,
    hash(coalesce(stem, key)) as stem,
    try_cast(if(
        regexp_full_match(key, '[0-9]{1,15}'), key, regexp_extract(key, '\d{1,15}$')
    ) as bigint) as number,
    hash(if(
        regexp_full_match(key, '[0-9]{1,15}'), '', regexp_replace(key, '\d{1,15}$', '')
    ), length(key)) as shape
from keyed
where key <> ''
