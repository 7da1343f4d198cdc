"""Which pages there are, in which section, and for whom; the order is editorial."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.i18n import N_, _
from data.casebook.permissions import PERMISSIONS
from data.vocabulary import ROLES

PAGES_FOLDER = Path(__file__).parent / "pages"

EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class PageSpec:
    """One page of the app.

    Attributes
    ----------
    name : str
        Its file's stem in ``dashboard/pages`` and its path in the URL; the first page lives at ``/``.
    title, help : str
        What people see, in English; translated on screen.
    icon : str
        A Material symbol.
    section : str
        The heading it stands under.
    roles : frozenset of str
        Who may see it.
    """

    name: str
    title: str
    help: str
    icon: str
    section: str
    roles: frozenset[str] = EVERYBODY


WORK, SUPPLY, BETTER, SYSTEM = N_("Orders"), N_("Supply"), N_("Improvement"), N_("System")

PAGES = (
    PageSpec(
        "overview",
        N_("Overview"),
        N_("How many orders go wrong, where the money is at risk, and whether it gets better."),
        "monitoring",
        WORK,
    ),
    PageSpec(
        "exceptions",
        N_("Exceptions"),
        N_("The ranked queue: see why an order stands out, confirm it or reject it."),
        "flag",
        WORK,
    ),
    PageSpec(
        "cases",
        N_("Cases"),
        N_("What is being followed up: by whom, until when, and what was done."),
        "cases",
        WORK,
    ),
    PageSpec(
        "duplicates",
        N_("Duplicates"),
        N_("Orders that look entered twice, side by side."),
        "content_copy",
        WORK,
    ),
    PageSpec(
        "quality",
        N_("Precision and noise"),
        N_("How right the checks are by your verdicts, and what is muted."),
        "target",
        WORK,
    ),
    PageSpec(
        "check_order",
        N_("Check an order"),
        N_("Judge an order before it is entered."),
        "fact_check",
        WORK,
        PERMISSIONS["order.check"],
    ),
    PageSpec(
        "shortages",
        N_("Shortages"),
        N_("Order lines that could not be filled, with their causes; suppliers and stock records."),
        "inventory_2",
        SUPPLY,
    ),
    PageSpec(
        "stockout_risk",
        N_("Stock-out risk"),
        N_("What runs out next, what to order, expedite and share out, and how forecasts hold."),
        "trending_down",
        SUPPLY,
    ),
    PageSpec(
        "root_causes",
        N_("Root causes"),
        N_("Where wrong orders gather, why, what it costs, and what changed."),
        "account_tree",
        BETTER,
    ),
    PageSpec(
        "improvement",
        N_("Improvement"),
        N_("Whether the rates fall, what was done about them, and whether it worked."),
        "insights",
        BETTER,
    ),
    PageSpec(
        "order_flow",
        N_("Order flow"),
        N_("How long orders take from status to status, where they wait, and which are stuck."),
        "conversion_path",
        BETTER,
    ),
    PageSpec(
        "data",
        N_("Data"),
        N_("Imports, quarantine, audits, checks and runs."),
        "database",
        SYSTEM,
        PERMISSIONS["data.ingest"],
    ),
    PageSpec(
        "training",
        N_("Training needs"),
        N_("Order-entry errors by field, channel and operator."),
        "school",
        SYSTEM,
        PERMISSIONS["training.read"],
    ),
    PageSpec(
        "notifications",
        N_("Notifications"),
        N_("Who is told of what, and what is still in the outbox."),
        "notifications",
        SYSTEM,
        PERMISSIONS["notification.set_rule"],
    ),
    PageSpec(
        "account",
        N_("Your account"),
        N_("Your password, and where you are signed in."),
        "person",
        SYSTEM,
    ),
    PageSpec(
        "admin",
        N_("Administration"),
        N_("Accounts and the audit log."),
        "admin_panel_settings",
        SYSTEM,
        PERMISSIONS["account.add"],
    ),
)


def build(role: str) -> dict[str, list[st.Page]]:
    """Return Streamlit's pages by section; a page that is not for ``role`` keeps its address and says so there."""
    sections: dict[str, list[st.Page]] = {}
    for place, spec in enumerate(PAGES):
        is_allowed = role in spec.roles
        page = st.Page(
            PAGES_FOLDER / f"{spec.name}.py" if is_allowed else PAGES_FOLDER / "no_access.py",
            title=_(spec.title),
            icon=f":material/{spec.icon}:",
            url_path=spec.name,
            default=place == 0,
            visibility="visible" if is_allowed else "hidden",
            help=_(spec.help),
        )
        sections.setdefault(_(spec.section), []).append(page)
    return sections


def build_signed_out(show: Callable[[], None]) -> list[st.Page]:
    """Return what stands at every page's address for somebody whose session has ended."""
    return [
        st.Page(show, title=_("Signed out"), url_path=spec.name, default=place == 0, visibility="hidden")
        for place, spec in enumerate(PAGES)
    ]


def page_path(name: str) -> str:
    """Return the path that links to a page."""
    return "/" if name == PAGES[0].name else f"/{name}"
