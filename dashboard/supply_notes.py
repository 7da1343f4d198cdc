"""What planning could look at, and what each missing table would add."""

import streamlit as st

from dashboard import queries
from dashboard.i18n import _, format_date, ngettext


def coverage() -> None:
    """Say in one line which tables planning rests on and what the missing ones would add."""
    frame = queries.fetch("supply_coverage")
    if frame.empty:
        return
    row = frame.iloc[0]
    steps = {
        "inventory_count": (
            _("stock levels"),
            _(
                "Stock levels would tell what runs out when, what to reorder, and which shortages were a matter "
                "of allocation."
            ),
        ),
        "purchase_count": (
            _("purchase orders"),
            _("Purchase orders would tell late suppliers, what to expedite, and whether enough was ordered in time."),
        ),
        "forecast_count": (
            _("forecasts"),
            _("The company's own forecasts would be judged, and used where they are better; until then ours stand in."),
        ),
        "count_count": (_("stock counts"), _("Stock counts would tell shortages that a wrong stock record made.")),
    }
    there = [_("orders"), *(name for column, (name, _why) in steps.items() if row[column] > 0)]
    missing = [why for column, (_name, why) in steps.items() if row[column] == 0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Made from: {tables}").format(tables=" · ".join(there)))
        if missing:
            label = ngettext("{count} table would add more", "{count} tables would add more", len(missing))
            with st.popover(label, type="tertiary", icon=":material/add_chart:"):
                for why in missing:
                    st.markdown(f"- {why}")
    if row["later_count"] > 0:
        told = ngettext(
            "{count} stock figure is from after the last order and is left out.",
            "{count} stock figures are from after the last order and are left out.",
            int(row["later_count"]),
        )
        st.caption(f":material/info: {told} {_('Data up to {date}').format(date=format_date(row['now']))}")
