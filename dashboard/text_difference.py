"""What differs between texts, sign by sign, as HTML that is safe to show."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

MARK = "background-color:rgba(245,158,11,.35);color:inherit;border-radius:2px"
WHOLE = "background-color:rgba(245,158,11,.14)"
LEAST_ALIKE = 0.4
"""Texts less alike than this are marked as a whole: single signs would only be noise."""


def marked(first: str, other: str) -> str:
    """Return ``other`` as HTML with what is not in ``first`` marked.

    Examples
    --------
    >>> marked("PO 123", "PO 128").count("<mark")
    1
    >>> marked("same", "same")
    'same'
    """
    if first == other:
        return escape(other)
    matcher = SequenceMatcher(None, first, other, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        return f'<mark style="{MARK}">{escape(other)}</mark>'
    parts = []
    for kind, _, _, start, end in matcher.get_opcodes():
        text = escape(other[start:end])
        if kind == "delete":
            parts.append(f'<mark style="{MARK};padding:0 2px">&#8203;</mark>')
        else:
            parts.append(text if kind == "equal" else f'<mark style="{MARK}">{text}</mark>')
    return "".join(parts)


def side_by_side(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], label: str) -> str:
    """Return a table as HTML: what differs from the first column's text is marked, its cell is shaded.

    Parameters
    ----------
    heads : sequence of str
        Titles of the columns, that of the names first.
    rows : sequence of tuple
        The name of each row and its texts, one a column.
    label : str
        What the table shows, for screen readers.

    Returns
    -------
    str
        The table.
    """
    cell = "padding:.3rem .6rem;border-bottom:1px solid rgba(128,128,128,.25);text-align:left;vertical-align:top"
    top = "".join(f'<th scope="col" style="{cell}">{escape(head)}</th>' for head in heads)
    body = []
    for name, texts in rows:
        cells = [f'<td style="{cell}">{escape(texts[0])}</td>']
        for text in texts[1:]:
            shade = "" if text == texts[0] else f";{WHOLE}"
            cells.append(f'<td style="{cell}{shade}">{marked(texts[0], text)}</td>')
        body.append(f'<tr><th scope="row" style="{cell};font-weight:500">{escape(name)}</th>{"".join(cells)}</tr>')
    return (
        f'<div style="overflow-x:auto"><table aria-label="{escape(label)}" '
        f'style="width:100%;border-collapse:collapse;font-size:.875rem">'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
