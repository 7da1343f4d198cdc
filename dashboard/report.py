"""The weekly report for the managers' meeting: one HTML page, or one workbook, from the same queries as the screen."""

from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from dashboard import (
    cause_charts,
    cause_view,
    control_figures,
    improvement_rates,
    improvement_work,
    interventions,
    order_flow,
    prevention,
    queries,
    root_causes,
    segments,
    summary,
)
from dashboard.i18n import _, current_language, format_date, format_money, format_number, format_percent, speaking
from dashboard.widgets import unplain
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import Workspace, install
from data.errors import InvalidInputError, NotReadyError
from data.home import replace_file
from models.export import harmless
from models.root_causes.prevention import PREVENTIONS

STYLE = """
body{font:15px/1.45 system-ui,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:#0f172a;
max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:26px;margin-bottom:0}h2{font-size:18px;margin:2rem 0 .4rem}.when{color:#64748b;margin-top:.2rem}
table{border-collapse:collapse;width:100%;font-size:13px;margin:.5rem 0}th,td{border-bottom:1px solid #e2e8f0;
padding:4px 8px;text-align:left;vertical-align:top}th{background:#f1f5f9}td.n,th.n{text-align:right}
.tiles{display:flex;gap:12px;flex-wrap:wrap}.tile{border:1px solid #d5dde8;border-radius:8px;padding:10px 14px;
min-width:150px}.tile b{display:block;font-size:24px}
@media print{section{break-inside:avoid}}
"""
ROWS = 15


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Attributes
    ----------
    sheet : str
        The name of its sheet.
    title : str
        What it shows, in one sentence.
    table : pandas.DataFrame
        The numbers behind it, with translated headings; numbers stay numbers.
    figure : plotly.graph_objects.Figure, optional
        The picture.
    height : int
        Its pixels.
    """

    sheet: str
    title: str
    table: pd.DataFrame
    figure: go.Figure | None = None
    height: int = 340


def rates() -> Section:
    """Return the rate of all exceptions with its control chart, and the rates by kind."""
    table, _weeks = improvement_rates.table("kind")
    everything = improvement_rates.read()
    found, orders = everything.found.sum(axis=1), everything.orders.max(axis=1)
    days = [day for day, there in zip(everything.weeks, orders.gt(0), strict=True) if there]
    days = days[-improvement_rates.SHOWN_WEEKS :]
    chart = improvement_rates.chart_of(found, orders)
    words = [_(improvement_rates.SIGNALS[one]) if one else "" for one in chart["signal"]]
    figure = control_figures.control(chart, days, words, (_("Usual"), _("Limits"), _("Per 1,000 orders")))
    shown = pd.DataFrame(
        {
            _("Kind"): table["title"],
            _("Findings in 52 weeks"): table["found"],
            _("Per 1,000 orders, last 13 weeks"): table["rate"].astype(float).round(1),
            _("13 weeks before"): table["before"].astype(float).round(1),
            _("Change"): table["change"].astype(float).round(1),
            _("Signal of the last 4 weeks"): [
                _(improvement_rates.SIGNALS[name]) if name else "" for name in table["signal"]
            ],
        }
    )
    title = f"{_('All exceptions')}: {improvement_rates.sentence(chart, days)}"
    return Section(_("Rates"), title, shown, figure)


def causes(view: cause_view.View) -> Section:
    """Return the segments that hold more than their share."""
    frame = queries.fetch("cause_claims", days=view.days, kind="").head(root_causes.SHOWN)
    rows = frame.to_dict("records")
    shown = pd.DataFrame(
        {
            _("Kind"): [kind_title(row["kind"]) for row in rows],
            _("Cause"): [cause_title(row["cause"], row["kind"]) if row["cause"] else "" for row in rows],
            _("Segment"): [segments.text(segments.read(row["conditions"])) for row in rows],
            _("Findings"): [row["found_count"] for row in rows],
            _("Expected"): [round(row["expected"], 1) for row in rows],
            _("Money at risk, {currency}").format(currency=view.currency): [round(row["money"]) for row in rows],
        }
    )
    figure = None
    if rows:
        figure = cause_charts.excess_bars(
            [root_causes.claim_label(row) for row in rows],
            frame["excess_money"].tolist(),
            frame["money_low"].tolist(),
            frame["money_high"].tolist(),
            [root_causes.claim_text(row, view) for row in rows],
        )
    return Section(_("Root causes"), unplain(root_causes.claims_title(frame)), shown, figure, 34 * len(rows) + 60)


def weightiest(view: cause_view.View) -> Section:
    """Return the causes by the money at risk."""
    frame = cause_view.kinds_of(view).groupby(["kind", "cause"], as_index=False)[["found_count", "money"]].sum()
    frame = frame.sort_values("money", ascending=False).head(ROWS)
    names = [cause_title(row["cause"], row["kind"]) for row in frame.to_dict("records")]
    names = [
        kind_title(kind) if cause == "unknown" else name
        for name, kind, cause in zip(names, frame["kind"], frame["cause"], strict=True)
    ]
    texts = [format_money(value, view.currency, is_compact=True) for value in frame["money"]]
    figure = (
        cause_charts.pareto(names, frame["money"].tolist(), texts, view.unit, _("Running share")) if names else None
    )
    shown = pd.DataFrame(
        {
            _("Kind"): [kind_title(kind) for kind in frame["kind"]],
            _("Cause"): [cause_title(row["cause"], row["kind"]) for row in frame.to_dict("records")],
            _("Findings"): frame["found_count"].to_numpy(),
            _("Money at risk, {currency}").format(currency=view.currency): frame["money"].round().to_numpy(),
        }
    )
    return Section(_("Causes"), _("What goes wrong most"), shown, figure, 400)


def preventions(view: cause_view.View) -> Section:
    """Return what would have stopped most."""
    frame = prevention.prevented(cause_view.kinds_of(view)).head(ROWS)
    known = [PREVENTIONS[name] for name in frame["name"]]
    shown = pd.DataFrame(
        {
            _("What would have stopped them"): [_(one.title) for one in known],
            _("Where"): [_(prevention.WHERE[one.where]) for one in known],
            _("Owner"): [word(one.department) for one in known],
            _("Findings stopped"): frame["found_count"].to_numpy(),
            _("Training topic"): [_(one.training) for one in known],
        }
    )
    return Section(_("Prevention"), _("What would have stopped them"), shown)


def tried() -> Section:
    """Return the interventions and what they did."""
    tested = [(row, interventions.effect_of(row)) for row in interventions.listed()]
    shown = pd.DataFrame(
        {
            _("Intervention"): [row["title"] for row, _found in tested],
            _("Begins"): [row["begins_on"].isoformat() for row, _found in tested],
            _("About"): [interventions.about(row) for row, _found in tested],
            _("Did the rate change?"): [
                _(interventions.VERDICTS[found[0].verdict if found else "too_early"]) for _row, found in tested
            ],
            _("Change of the rate, 95% interval"): [
                interventions.change_text(found[0]) if found else "–" for _row, found in tested
            ],
        }
    )
    return Section(_("Interventions"), interventions.list_title([found[0] for _row, found in tested if found]), shown)


def stuck() -> Section:
    """Return the orders that stand in a status far longer than usual."""
    frame = queries.fetch("flow_stuck", channel="")
    total = len(frame)
    frame = frame.head(ROWS)
    shown = pd.DataFrame(
        {
            _("Order"): frame.get("order_id", pd.Series(dtype=object)),
            _("Customer"): frame.get("customer_name", pd.Series(dtype=object)),
            _("Stands in"): [word(status) for status in frame.get("status", [])],
            _("Since"): [f"{moment:%Y-%m-%d}" for moment in frame.get("since_at", [])],
            _("Days"): frame.get("dwell_days", pd.Series(dtype=float)).round(1),
        }
    )
    return Section(_("Stuck orders"), order_flow.stuck_title(total), shown)


def precision() -> Section:
    """Return how right the checks were, by reviewers' verdicts."""
    frame = queries.fetch("review")
    judged = frame["confirmed_count"] + frame["rejected_count"]
    frame, judged = frame[judged.gt(0)], judged[judged.gt(0)]
    shown = pd.DataFrame(
        {
            _("Kind"): [kind_title(kind) for kind in frame["kind"]],
            _("Judged"): judged.to_numpy(),
            _("Right"): [format_percent(share) for share in frame["confirmed_count"] / judged],
            _("95% interval"): summary.interval_texts(frame["confirmed_count"], judged),
        }
    )
    return Section(_("Precision"), _("What reviewers confirmed, with the 95% interval."), shown)


def figures(view: cause_view.View) -> list[tuple[str, str]]:
    """Return the figures at the top: title and value."""
    everything = improvement_rates.read()
    found, orders = everything.found.sum(axis=1), everything.orders.max(axis=1)

    def rate(weeks: slice) -> str:
        ordered = float(orders.iloc[weeks].sum())
        return format_number(float(found.iloc[weeks].sum()) / ordered * improvement_rates.PER, 1) if ordered else "–"

    money = improvement_work.money_facts(improvement_work.cases())
    return [
        (_("Exceptions per 1,000 orders, last 4 weeks"), rate(slice(-4, None))),
        (_("4 weeks before"), rate(slice(-8, -4))),
        (_("At risk now"), format_money(money["at_risk"], view.currency, is_compact=True)),
        (_("Caught before shipment"), format_money(money["saved"], view.currency, is_compact=True)),
    ]


def sections(view: cause_view.View) -> list[Section]:
    """Return the report's parts, in order."""
    return [rates(), causes(view), weightiest(view), preventions(view), tried(), stuck(), precision()]


def heading(view: cause_view.View) -> str:
    """Return the period of the report, in words."""
    return _("13 weeks up to {day}").format(day=format_date(view.until))


def as_html(view: cause_view.View) -> str:
    """Return the report as one page that asks nobody for anything: its script and style are inside."""
    parts = "".join(_html_section(section, place == 0) for place, section in enumerate(sections(view)))
    tiles = "".join(f'<div class="tile">{escape(name)}<b>{escape(value)}</b></div>' for name, value in figures(view))
    language = "zh-CN" if current_language() == "zh" else "en"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(_('Weekly report'))}</title><style>{STYLE}</style></head>"
        f"<body><h1>Orderlens · {escape(_('Weekly report'))}</h1>"
        f'<p class="when">{escape(heading(view))}</p><div class="tiles">{tiles}</div>{parts}</body></html>'
    )


def _html_section(section: Section, is_first: bool) -> str:
    picture = ""
    if section.figure is not None:
        drawn = go.Figure(section.figure).update_layout(height=section.height, template="plotly_white")
        picture = drawn.to_html(
            full_html=False, include_plotlyjs="inline" if is_first else False, config={"displayModeBar": False}
        )
    body = _html_table(section.table) if len(section.table) else f"<p>{escape(_('None.'))}</p>"
    return f"<section><h2>{escape(section.title)}</h2>{picture}{body}</section>"


def _html_table(table: pd.DataFrame) -> str:
    numeric = {name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])}
    head = "".join(f"<th{_cell_class(name in numeric)}>{escape(str(name))}</th>" for name in table.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_cell_class(name in numeric)}>{_cell(row[name])}</td>" for name in table.columns)
        + "</tr>"
        for row in table.to_dict("records")
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell_class(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "–"
    return format_number(value, 1) if isinstance(value, int | float) else escape(str(value))


def as_xlsx(view: cause_view.View) -> bytes:
    """Return the report as a workbook, one sheet a part; text that a spreadsheet would run has a quote before it."""
    file = BytesIO()
    parts = [
        Section(_("Summary"), heading(view), pd.DataFrame(figures(view), columns=[_("Figure"), _("Value")])),
        *sections(view),
    ]
    with pd.ExcelWriter(file, engine="openpyxl") as book:
        for section in parts:
            sheet = section.sheet[:31]
            harmless(section.table).to_excel(book, sheet_name=sheet, index=False, startrow=2, freeze_panes=(3, 0))
            page = book.sheets[sheet]
            title = harmless(pd.DataFrame({"title": [section.title]}))["title"].iloc[0]
            page["A1"] = title
            page["A1"].font = Font(bold=True, size=13)
            for place, name in enumerate(section.table.columns, 1):
                longest = max([len(str(name)), *section.table[name].astype(str).str.len()])
                page.column_dimensions[get_column_letter(place)].width = min(max(longest * 1.2 + 2, 10), 60)
                page.cell(3, place).alignment = Alignment(wrap_text=True, vertical="top")
    return file.getvalue()


def write_report(workspace: Workspace, out: Path, language: str) -> int:
    """Write the weekly report to a file whose ending is html or xlsx; return its size in bytes.

    Parameters
    ----------
    workspace : Workspace
        The home folder's stores.
    out : Path
        The file; it appears whole or not at all.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    int
        The size in bytes.

    Raises
    ------
    InvalidInputError
        If the ending is none of these, or the folder does not exist.
    NotReadyError
        If no detection run has published anything for managers yet.
    """
    if out.suffix.lower() not in (".html", ".xlsx"):
        raise InvalidInputError(f"Can't write a report to {out.name!r}: the ending must be .html or .xlsx.")
    if not out.parent.is_dir():
        raise InvalidInputError(f"The folder {out.parent} does not exist.")
    install(workspace)
    with speaking(language):
        view = cause_view.view(cause_view.DEFAULTS) if queries.has("cause_units") else None
        if view is None:
            raise NotReadyError("There is nothing to report yet. Run 'orderlens detect' first.")
        content = as_html(view).encode() if out.suffix.lower() == ".html" else as_xlsx(view)
    aside = out.with_name(f".{out.name}.part")
    aside.write_bytes(content)
    replace_file(aside, out)
    return len(content)
