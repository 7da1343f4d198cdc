"""Numbers and moments as people and systems write them, read in SQL: macros, so that no loop touches a row.

``read_number(text, style)`` knows the styles ``point`` (1,234.56), ``comma`` (1.234,56) and ``mixed``, where each value
is read by its own evidence. ``naive_moment(text, style)`` knows ``dmy``, ``mdy``, ``mixed`` and ``none``, for dates
whose day and month could be swapped. A text that cannot be read gives null. ``number_says`` and ``moment_says`` give
the style that one value proves, if any.
"""

import duckdb

BLANKS = " \t\r\n\u00a0\u3000\ufeff"
CURRENCIES = (
    "USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|TWD|SGD|KRW|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|RUB|TRY|THB|MYR|IDR|"
    "VND|PHP|AED|SAR|ILS"
)
IGNORED_IN_NUMBERS = rf"^({CURRENCIES})|({CURRENCIES})$|[ \t\x{{a0}}\x{{2009}}\x{{202f}}'’$€£¥￥₹₩元円]"
POINT = r"(\d+|[1-9]\d{0,2}(,\d{2,3})*,\d{3})?(\.\d*)?([eE][-+]?\d{1,3})?"
COMMA = r"(\d+|[1-9]\d{0,2}(\.\d{3})+)?(,\d*)?"
EITHER = r"[1-9]\d{0,2}[.,]\d{3}"
DIGITS = r"[\d.,]+([eE][-+]?\d{1,3})?"

ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
YEAR_FIRST = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
OFFSET = r":\d{2}.*(Z|z|[ ]?(UTC|GMT)|[+-]\d{2}(:?\d{2})?)$"
NO_DATE = r"(0+|0{1,4}[-./]0{1,2}[-./]0{1,4}|0001[-./]?01[-./]?01|0?1[./-]0?1[./-]0001)([ T].*)?"
DAY_OR_MONTH_FIRST = r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})( .*)?$"
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p")
COMPACT = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%Y%m%d %H:%M:%S")
NAMED = tuple(
    date + time
    for date in ("%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
    for time in TIMES
)


def _formats(*formats: str) -> str:
    return "[" + ", ".join(f"'{text}'" for text in formats) + "]"


def _literal(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"


MACROS = {
    "is_blank(code)": "code <= 32 or code in (160, 12288, 65279)",  # also the code -1, of an empty text
    "clean_text(value)": f"""
        case when value in ('NULL', '\\N') then null
            when is_blank(unicode(value)) or is_blank(unicode(value[-1]))
                then nullif(trim(value, '{BLANKS}'), '')
            else value end""",
    "number_body(value)": f"""
        regexp_replace(translate(value, '０１２３４５６７８９．，－−', '0123456789.,--'),
            {_literal(IGNORED_IN_NUMBERS)}, '', 'g')""",
    "number_digits(body)": "trim(body, '()-+%')",
    "digits_say(digits)": f"""
        case when regexp_full_match(digits, '{EITHER}') or regexp_full_match(digits, '\\d*') then null
            when regexp_full_match(digits, '{POINT}') then 'point'
            when regexp_full_match(digits, '{COMMA}') then 'comma' end""",
    "number_says(value)": """
        case when not contains(value, '.') and not contains(value, ',') and not contains(value, '，') then null
            when try_cast(value as double) is not null and length(value) - strpos(value, '.') <> 3 then 'point'
            else digits_say(number_digits(number_body(value))) end""",
    "read_digits(digits, style)": f"""
        case when regexp_full_match(digits, '\\d+') then try_cast(digits as double)
            when style = 'mixed' and regexp_full_match(digits, '{EITHER}') then null
            when style <> 'comma' and regexp_full_match(digits, '{POINT}')
                then try_cast(replace(digits, ',', '') as double)
            when style <> 'point' and regexp_full_match(digits, '{COMMA}')
                then try_cast(replace(replace(digits, '.', ''), ',', '.') as double) end""",
    "read_body(body, style)": f"""
        case when regexp_full_match(body, '[-+]?{DIGITS}%?|{DIGITS}%?[-+]|\\({DIGITS}%?\\)')
            then read_digits(number_digits(body), style)
                * case when body like '-%' or body like '%-' or body like '(%' then -1 else 1 end
                / case when contains(body, '%') then 100 else 1 end end""",
    "read_number(value, style)": """
        case when style = 'point' and isfinite(try_cast(value as double)) then try_cast(value as double)
            else case when isfinite(read_body(number_body(value), style)) then read_body(number_body(value), style) end
        end""",
    "is_no_date(value)": f"(value < '0002' or contains(value, '0001')) and regexp_full_match(value, '{NO_DATE}')",
    "slash_date(value)": f"""
        regexp_replace(regexp_replace(regexp_replace(value, '{DAY_OR_MONTH_FIRST}', '\\1/\\2/\\3\\4'),
            '^(\\d+/\\d+)/([0-6]\\d)( |$)', '\\1/20\\2\\3'), '^(\\d+/\\d+)/([7-9]\\d)( |$)', '\\1/19\\2\\3')""",
    "is_slash_date(value)": f"regexp_matches(value, '{DAY_OR_MONTH_FIRST}')",
    "moment_says(value)": f"""
        case when not is_slash_date(value) then null
            when try_cast(regexp_extract(value, '{DAY_OR_MONTH_FIRST}', 1) as integer) > 12 then 'dmy'
            when try_cast(regexp_extract(value, '{DAY_OR_MONTH_FIRST}', 2) as integer) > 12 then 'mdy' end""",
    "slash_moment(value, style)": f"""
        case when case style when 'dmy' then true when 'none' then contains(split_part(value, ' ', 1), '.')
                    when 'mixed' then moment_says(value) = 'dmy' else false end
                then try_strptime(slash_date(value), {_formats(*("%d/%m/%Y" + time for time in TIMES))})
            when case style when 'mdy' then true when 'mixed' then moment_says(value) = 'mdy' else false end
                then try_strptime(slash_date(value), {_formats(*("%m/%d/%Y" + time for time in TIMES))}) end""",
    "year_first(value)": f"regexp_replace(regexp_replace(value, '{YEAR_FIRST}', '\\1-\\2-\\3'), ',(\\d+)$', '.\\1')",
    "naive_moment(value, style)": f"""
        case when regexp_full_match(value, '{ISO}') then try_cast(value as timestamp)
            when regexp_matches(value, '{OFFSET}') then null
            when regexp_matches(value, '{YEAR_FIRST}') then
                case when regexp_matches(value, '[Mm]$')
                    then try_strptime(year_first(value), {_formats(*("%Y-%m-%d" + time for time in TIMES))})
                    else try_cast(year_first(value) as timestamp) end
            when is_slash_date(value) then slash_moment(value, style)
            when regexp_full_match(value, '\\d{{5}}(\\.\\d+)?') then timestamp '1899-12-30'
                + to_milliseconds(cast(round(try_cast(value as double) * 86400000) as bigint))
            when regexp_full_match(value, '\\d{{8}}.*') then try_strptime(value, {_formats(*COMPACT)})
            when regexp_matches(value, '[A-Za-z]{{3}}.*\\d') or regexp_matches(value, '\\d.*[A-Za-z]{{3}}')
                then try_strptime(value, {_formats(*NAMED)}) end""",
    "offset_moment(value)": f"""
        case when regexp_matches(value, '{OFFSET}') then cast(try_cast(
            regexp_replace(year_first(value), ' ?(UTC|GMT|z)$', 'Z') as timestamptz) as timestamp) end""",
    "number(value)": "read_number(clean_text(cast(value as varchar)), 'point')",
    "moment(value)": "naive_moment(clean_text(cast(value as varchar)), 'none')",
    "shift_moment(moment, zone)": """
        case when moment = date_trunc('day', moment) then moment
            else cast(timezone(zone, moment) as timestamp) end""",
}


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros in a connection, among them ``number(x)`` and ``moment(x)`` for the authors of mappings."""
    for signature, body in MACROS.items():
        connection.execute(f"create or replace temp macro {signature} as ({body})")
