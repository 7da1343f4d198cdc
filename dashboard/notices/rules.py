"""For managers: the rules of who is told of what, and the outbox with what is on its way, out, or in doubt."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.administration import local_times, try_to
from dashboard.i18n import LANGUAGES, N_, _, format_list, format_number, format_percent, ngettext
from dashboard.words import kind_title, word
from dashboard.workspace import current
from data.casebook.notification_rules import DELIVERIES, TOPICS, Rule
from data.casebook.notification_targets import SERVICES
from data.vocabulary import DEPARTMENTS, KINDS

DELIVERY_WORDS = {"each": N_("At once, one message per cause"), "digest": N_("Once a day, one message with a list")}
TOPIC_WORDS = {
    "findings": N_("Exceptions of a run"),
    "assigned": N_("Cases given to somebody"),
    "mentioned": N_("Mentions in comments"),
    "overdue": N_("Overdue cases"),
    "reopened": N_("Reopened cases"),
}
STATUS_WORDS = {
    "queued": N_("Waiting"),
    "sending": N_("Being sent"),
    "sent": N_("Sent"),
    "failed": N_("Given up"),
    "held": N_("In doubt"),
    "dropped": N_("Dropped"),
}
PURPOSE_WORDS = {"news": N_("News"), "test": N_("Test")}
REASONS = (
    N_("Its sender ended while sending; it may be out."),
    N_("Somebody discarded it."),
    N_("All it tells of was judged in the meantime."),
    N_("The rule was removed."),
    N_("The service did not take it."),
)
"""Why a message is not out, as far as the outbox itself says so; the rest comes from the services."""

SERVICE_NAMES = (N_("E-mail"), N_("Webhook"), N_("WeCom"), N_("DingTalk"), N_("Feishu"))
OUTBOX_LIMIT = 500


def rules() -> None:
    """List the rules; add one, change, test or remove the one that is picked."""
    frame = current().casebook.notification_rules.list()
    if frame.empty:
        widgets.empty(_("Add a rule below: who is told of which exceptions, and where."), _("Nobody is told yet"))
    else:
        shown = pd.DataFrame(
            {
                "name": frame["name"],
                "about": [_about(row) for row in frame.to_dict("records")],
                "from": [_threshold(row) for row in frame.to_dict("records")],
                "delivery": [_delivery(row) for row in frame.to_dict("records")],
                "language": [LANGUAGES[code] for code in frame["language"]],
                "target": frame["target"],
                "state": [_("Active") if enabled else _("Paused") for enabled in frame["is_enabled"]],
            }
        )
        columns = {
            "name": widgets.column(_("Rule")),
            "state": widgets.column(_("State"), width=90),
            "about": widgets.column(_("Told of"), width="large"),
            "from": widgets.column(_("Threshold")),
            "delivery": widgets.column(_("When"), width="medium"),
            "language": widgets.column(_("Language"), width=90),
            "target": widgets.column(_("Where")),
        }
        widgets.table(shown, columns, _("Notification rules"), height="content")
    names = dict(zip(frame["rule_id"], frame["name"], strict=True))
    chosen = st.selectbox(
        _("Edit"),
        [0, *names],
        format_func=lambda number: names.get(number, _("A new rule")),
        key="rule_chosen",
        width=320,
    )
    _editor(int(chosen) or None)


def _about(row: dict[Any, Any]) -> str:
    kinds = format_list([kind_title(kind) for kind in row["kinds"]]) or _("every kind")
    departments = format_list([word(name) for name in row["departments"]]) or _("every department")
    topics = format_list([_(TOPIC_WORDS[name]) for name in row["topics"]])
    return " · ".join(filter(None, [row["person"], topics, kinds, departments]))


def _threshold(row: dict[Any, Any]) -> str:
    return f"{format_percent(row['min_score'])} · {format_number(row['min_impact'])}"


def _delivery(row: dict[Any, Any]) -> str:
    parts = [_("at once") if row["delivery"] == "each" else _("daily at {time}").format(time=row["digest_at"])]
    if row["quiet_from"]:
        parts.append(_("quiet {start} to {end}").format(start=row["quiet_from"], end=row["quiet_until"]))
    if row["is_quiet_at_weekends"]:
        parts.append(_("not at weekends"))
    return " · ".join(parts)


def _editor(rule_id: int | None) -> None:
    """Show the form for one rule; every field's key names the rule, so that nothing is carried over to another."""
    service, by = current().casebook.notification_rules, session.actor()
    old = service.get(rule_id) if rule_id else Rule("")
    key = f"rule_{rule_id or 0}"
    with st.form(key):
        left, right = st.columns(2, gap="large")
        with left:
            name = st.text_input(_("Rule's name"), old.name, key=f"{key}_name", max_chars=64, autocomplete="off")
            target = st.text_input(
                _("Where"), key=f"{key}_target", type="password", autocomplete="off",
                placeholder=_("unchanged") if rule_id else "mailtos://user:password@mail.example.com?to=...",
                help=_("An address as apprise writes it. Services: {names}.").format(
                    names=format_list(sorted({_(service) for service in SERVICES.values()}))
                ),
            )  # fmt: skip
            topics = st.multiselect(
                _("Told of"), TOPICS, list(old.topics), format_func=lambda name: _(TOPIC_WORDS[name]),
                key=f"{key}_topics", placeholder=_("Choose options"),
            )  # fmt: skip
            accounts = current().casebook.accounts.list()
            people = [None, *accounts.loc[accounts["is_enabled"], "name"]]
            person = st.selectbox(
                _("For one person"), people, people.index(old.person) if old.person in people else 0,
                format_func=lambda name: name or _("No: for the departments below"), key=f"{key}_person",
                help=_("Of cases it then tells what is theirs: given to them, mentioning them, overdue with them."),
            )  # fmt: skip
            kinds = st.multiselect(
                _("Kinds"), list(KINDS), list(old.kinds), format_func=kind_title, key=f"{key}_kinds",
                placeholder=_("every kind"),
            )  # fmt: skip
            departments = st.multiselect(
                _("Departments"), DEPARTMENTS, list(old.departments), format_func=word, key=f"{key}_departments",
                placeholder=_("every department"),
            )  # fmt: skip
            language = st.segmented_control(
                _("Language"), list(LANGUAGES), default=old.language, format_func=lambda code: LANGUAGES[code],
                key=f"{key}_language", required=True,
            )  # fmt: skip
        with right:
            score = st.slider(
                _("From this chance of being real on (%)"), 0, 100, round(old.min_score * 100), 5, key=f"{key}_score"
            )
            impact = st.number_input(
                _("From this much money at risk on"), 0.0, None, float(old.min_impact), 100.0, key=f"{key}_impact"
            )
            delivery = st.selectbox(
                _("When"), DELIVERIES, DELIVERIES.index(old.delivery), key=f"{key}_delivery",
                format_func=lambda way: _(DELIVERY_WORDS[way]),
            )  # fmt: skip
            times = st.columns(3)
            digest_at = times[0].text_input(_("Daily at"), old.digest_at, key=f"{key}_digest", placeholder="08:00")
            quiet_from = times[1].text_input(
                _("Quiet from"), old.quiet_from or "", key=f"{key}_from", placeholder="20:00"
            )
            quiet_until = times[2].text_input(
                _("until"), old.quiet_until or "", key=f"{key}_until", placeholder="07:00"
            )
            weekends = st.checkbox(_("Quiet at weekends"), old.is_quiet_at_weekends, key=f"{key}_weekends")
            enabled = st.checkbox(_("Active"), old.is_enabled, key=f"{key}_enabled")
            st.caption(_("Times are in the time zone {zone}.").format(zone=current().settings.time_zone))
        with st.container(horizontal=True):
            is_saved = st.form_submit_button(_("Save"), type="primary", key=f"{key}_save")
            is_tested = st.form_submit_button(_("Send a test"), key=f"{key}_test", disabled=rule_id is None)
            is_removed = st.form_submit_button(_("Remove"), key=f"{key}_remove", disabled=rule_id is None)
    rule = Rule(
        name or "", tuple(departments), tuple(kinds), score / 100, float(impact), str(language), delivery,
        (digest_at or "").strip(), (quiet_from or "").strip() or None, (quiet_until or "").strip() or None, weekends,
        enabled, tuple(topics), person,
    )  # fmt: skip
    given = (target or "").strip() or None
    if is_saved and try_to(lambda: service.save(by, rule, given, rule_id)):
        st.toast(_("Saved."))
        st.rerun()
    if is_tested and rule_id and try_to(lambda: current().casebook.outbox.queue_test(by, rule_id)):
        st.success(_("The test message is in the outbox; it goes out within half a minute."))
    if is_removed and rule_id and try_to(lambda: service.remove(by, rule_id)):
        st.rerun()


def outbox() -> None:
    """Show what waits, what went out and what is in doubt; send again or discard what got stuck."""
    service, by = current().casebook.outbox, session.actor()
    counts = service.counts()
    if stuck := counts["held"] + counts["failed"]:
        st.warning(
            _("In doubt means: its sender died while sending, so it may have arrived. It is not sent twice by itself."),
            title=ngettext("{count} message needs a decision", "{count} messages need a decision", stuck),
        )
    with st.container(horizontal=True):
        for status in ("queued", "sent", "held", "failed", "dropped"):
            st.metric(_(STATUS_WORDS[status]), format_number(counts[status]), border=True)
    frame = service.list(OUTBOX_LIMIT)
    if frame.empty:
        widgets.empty(_("Messages appear here after the next detection run."), _("Nothing was sent yet"))
        return
    shown = pd.DataFrame(
        {
            "number": frame["notification_id"],
            "rule": frame["name"],
            "purpose": [_(PURPOSE_WORDS[purpose]) for purpose in frame["purpose"]],
            "status": [_(STATUS_WORDS[status]) for status in frame["status"]],
            "causes": frame["cause_count"],
            "queued": local_times(frame["queued_at"]),
            "due": local_times(frame["due_at"]),
            "finished": local_times(frame["finished_at"]),
            "attempts": frame["attempt_count"],
            "error": [_(error) for error in frame["error"]],
        }
    )
    columns = {
        "number": widgets.column(_("No."), "whole", width=60),
        "rule": widgets.column(_("Rule")),
        "purpose": widgets.column(_("What"), width=70),
        "status": widgets.column(_("State"), width=100),
        "causes": widgets.column(_("Causes"), "whole", width=80),
        "queued": widgets.column(_("Queued"), "time"),
        "due": widgets.column(_("Due"), "time"),
        "finished": widgets.column(_("Finished"), "time"),
        "attempts": widgets.column(_("Attempts"), "whole", width=80),
        "error": widgets.column(_("Why not"), width="large"),
    }
    widgets.table(shown, columns, _("Outbox"), max_height=560)
    stuck_ids = [int(number) for number in frame.loc[frame["status"].isin(["held", "failed"]), "notification_id"]]
    if stuck_ids:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(_("Message"), stuck_ids, key="outbox_chosen", width=160)
            again = st.button(_("Send again"), key="outbox_again")
            discard = st.button(_("Discard"), key="outbox_discard")
        if (again and try_to(lambda: service.send_again(by, number))) or (
            discard and try_to(lambda: service.discard(by, number))
        ):
            st.rerun()
