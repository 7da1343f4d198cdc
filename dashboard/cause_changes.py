"""What changed against the period before: mix and rate told apart, parts that add up."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import cause_charts, cause_view, segments, widgets
from dashboard.cause_view import FEW_ORDERS, View
from dashboard.i18n import _, format_date, format_number
from dashboard.words import kind_title
from models.root_causes.change import PER, contributions, overall


def changes(shown: View) -> None:
    """Draw how the rate of the period before became that of this one."""
    options = [*(["kind"] if not shown.kind else []), *_splits(shown)]
    titles = {"kind": _("Kind"), **{name: segments.title(name) for name in segments.TITLES}}
    with st.container(border=True, height="stretch"):
        head = st.container()
        by = st.selectbox(_("Split by"), options, format_func=lambda name: titles[name], key="changes_by", width=240)
        table = _kind_changes(shown) if by == "kind" else _value_changes(shown, by)
        if table is None:
            head.markdown(f"**{_('What changed')}**")
            st.caption(_("There are too few orders in the period before to compare with."))
            return
        before, after = overall(table) if by != "kind" else (table.attrs["before"], table.attrs["after"])
        title = _change_title(table, by, before, after)
        head.markdown(
            f"**{title}**",
            help=_(
                "The {days} days from {day} against as many before. What a value did itself (its rate) and what its "
                "weight did (the mix) add up to the change."
            ).format(days=shown.days, day=format_date(shown.since)),
        )
        _draw_changes(table, by, before, after, shown, title)


def _splits(shown: View) -> list[str]:
    names = list(segments.TITLES) if shown.kind else list(segments.ORDER_DIMENSIONS)
    return [name for name in names if name not in shown.conditions]


def _value_changes(shown: View, by: str) -> pd.DataFrame | None:
    frame = cause_view.by_values(shown, by, since=shown.before.isoformat())
    frame = frame.assign(value=frame["value"].fillna(""))
    before, after = frame[~frame["is_after"].astype(bool)], frame[frame["is_after"].astype(bool)]
    if before["unit_count"].sum() < FEW_ORDERS or after["unit_count"].sum() < FEW_ORDERS:
        return None
    names = ["value", "unit_count", "found_count"]
    return contributions(before[names], after[names])


def _kind_changes(shown: View) -> pd.DataFrame | None:
    """Return the change by kind: all of it rate, since every order may have each kind."""
    units = cause_view.by_values(shown, "", since=shown.before.isoformat(), **segments.parameters(shown.conditions))
    is_after = units["is_after"].astype(bool)
    orders = {after: int(units[is_after.eq(after)]["unit_count"].sum()) for after in (False, True)}
    frame = cause_view.kinds_between(shown, shown.since, shown.before)
    if min(orders.values()) < FEW_ORDERS or frame.empty or shown.conditions:
        return None
    counts = frame.pivot_table(index="kind", columns="is_after", values="found_count", aggfunc="sum").fillna(0)
    counts = counts.reindex(columns=[False, True], fill_value=0)
    effect = counts[True] / orders[True] * PER - counts[False] / orders[False] * PER
    variance = counts[True] / orders[True] ** 2 + counts[False] / orders[False] ** 2
    table = pd.DataFrame(
        {"rate_effect": effect, "mix_effect": 0.0, "effect": effect, "spread": np.sqrt(variance) * PER}
    ).sort_values("effect", key=abs, ascending=False)
    table.attrs |= {
        after: float(counts[key].sum() / orders[key] * PER) for key, after in ((False, "before"), (True, "after"))
    }
    return table


def _change_name(by: str, value: object) -> str:
    return kind_title(str(value)) if by == "kind" else segments.label(by, str(value))


def _change_title(table: pd.DataFrame, by: str, before: float, after: float) -> str:
    values = {"before": format_number(before, 1), "after": format_number(after, 1)}
    sure = table[table["rate_effect"].abs().gt(1.96 * table["spread"])]
    if sure.empty:
        return _("From {before} to {after} per 1,000: no single part of it is beyond chance").format(**values)
    first = sure.iloc[0]
    name = widgets.plain(_change_name(by, sure.index[0]))
    if first["rate_effect"] > 0:
        return _("From {before} to {after} per 1,000: {name} adds {effect}").format(
            name=name, effect=format_number(first["effect"], 1), **values
        )
    return _("From {before} to {after} per 1,000: {name} takes away {effect}").format(
        name=name, effect=format_number(-first["effect"], 1), **values
    )


def _draw_changes(table: pd.DataFrame, by: str, before: float, after: float, shown: View, title: str) -> None:
    top = table.head(7)
    steps = [(_change_name(by, value), float(row["rate_effect"])) for value, row in top.iterrows()]
    rest = table.iloc[7:]
    if len(rest):
        steps.append((_("All others"), float(rest["rate_effect"].sum())))
    mix = float(table["mix_effect"].sum())
    if by != "kind":
        steps.append((_("Another mix"), mix))
    names = [_("Before"), *(name for name, _value in steps), _("Now")]
    values = [before, *(value for _name, value in steps), after]
    texts = [
        format_number(value, 1) if place in (0, len(values) - 1) else f"{value:+.1f}"
        for place, value in enumerate(values)
    ]
    unit = _("Findings per 1,000 lines") if shown.grain == "line" else _("Findings per 1,000 orders")
    widgets.chart(cause_charts.waterfall(names, values, texts, unit), f"changes_{by}", title, 360)
