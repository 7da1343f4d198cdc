"""The picture of how orders flow; pure, like those of `charts`."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import figure

ASIDE = ("on_hold", "backordered", "returned", "cancelled")
"""Statuses beside the straight way."""

PAINTED = ("rgba(59,130,246,0.4)", "rgba(245,158,11,0.6)")
"""The colours of statuses on the straight way and beside it: pale, since their names stand on them."""


def flow(moves: pd.DataFrame, order: Sequence[str], names: Sequence[str], texts: Sequence[str]) -> go.Figure:
    """Return the flow between statuses as arrows whose width is how many orders took them.

    Parameters
    ----------
    moves : pandas.DataFrame
        Columns ``from_status, to_status, order_count``.
    order : sequence of str
        The statuses, in the order of the process.
    names : sequence of str
        Their titles.
    texts : sequence of str
        What each move is told as, one a row of ``moves``.

    Returns
    -------
    plotly.graph_objects.Figure
        A Sankey diagram.
    """
    places = {status: place for place, status in enumerate(order)}
    is_aside = [
        end in ASIDE or start in ASIDE for start, end in zip(moves["from_status"], moves["to_status"], strict=True)
    ]
    sankey = go.Sankey(
        orientation="v",
        node={
            "label": list(names),
            "pad": 18,
            "thickness": 20,
            "color": [PAINTED[status in ASIDE] for status in order],
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        textfont={"size": 12, "shadow": "none"},
        link={
            "source": [places[status] for status in moves["from_status"]],
            "target": [places[status] for status in moves["to_status"]],
            "value": moves["order_count"].astype(float).tolist(),
            "customdata": list(texts),
            "hovertemplate": "%{customdata}<extra></extra>",
            "color": ["rgba(245,158,11,0.45)" if aside else "rgba(59,130,246,0.25)" for aside in is_aside],
        },
    )
    return figure([sankey], margin={"l": 8, "r": 8, "t": 8, "b": 16})
