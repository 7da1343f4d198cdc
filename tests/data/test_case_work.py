"""What belongs to a case: attachments, corrective actions, procedures, merges, and updates handed to the ERP."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.casebook import Actor, Casebook
from data.casebook.attachments import safe_name
from data.casebook.erp_updates import MAX_ATTEMPTS
from data.casebook.procedures import shipped, standard_actions
from data.erp_webhook import send, signature
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError
from data.safekeeping.backup import backup, restore
from data.settings import Settings
from data.vocabulary import ACTIONS, CAUSES, KINDS

ANA = Actor("Ana", "analyst", "app")
OLE = Actor("Ole", "order_entry", "app")
MIA = Actor("Mia", "manager", "app")
CHANGE = {"record": "order_lines", "record_id": "7", "line_no": 1, "field": "quantity", "before": 500, "after": 50}


def open_case(casebook: Casebook, number: int = 1, **more: object) -> int:
    return casebook.cases.open(ANA, {"exception_id": f"e{number}", "kind": "quantity_outlier", **more})


# -- attachments


def test_a_file_is_kept_as_it_was_given(casebook: Casebook) -> None:
    case_id = open_case(casebook)
    attachment_id = casebook.attachments.add(ANA, case_id, "../../etc/合同 v2.pdf", b"\x00%PDF")
    assert casebook.attachments.read(attachment_id) == b"\x00%PDF"
    assert casebook.attachments.list(case_id).name.tolist() == ["合同 v2.pdf"]
    stored = list(casebook.attachments.folder.iterdir())
    assert [path.read_bytes() for path in stored] == [b"\x00%PDF"]
    assert "pdf" not in stored[0].name
    assert stored[0].stat().st_mode & 0o077 == 0
    casebook.attachments.remove(ANA, attachment_id)
    assert not list(casebook.attachments.folder.iterdir())
    assert casebook.attachments.list(case_id).empty
    with pytest.raises(InvalidInputError, match="no attachment"):
        casebook.attachments.read(attachment_id)
    assert casebook.case_lists.course(case_id).what.tolist()[-2:] == ["attached", "detached"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\fakepath\\a.txt", "a.txt"),
        ("..\\..\\.ssh/.profile", "profile"),
        ("a\u202etxt.exe", "atxt.exe"),
        ('x"<b>\r\n.csv', "xb.csv"),
        ("l" * 300 + ".xlsx", "l" * 115 + ".xlsx"),
        ("=cmd.csv", "=cmd.csv"),
    ],
)
def test_a_name_leads_nowhere(given: str, shown: str) -> None:
    assert safe_name(given) == shown


@pytest.mark.parametrize(
    ("name", "content"), [("..", b"x"), ("", b"x"), ("/", b"x"), ("a", b""), ("a", b"x" * 1048577)]
)
def test_what_cannot_be_attached_leaves_nothing_behind(tmp_path: Path, name: str, content: bytes) -> None:
    casebook = Casebook.open(tmp_path / "home", Settings(attachment_mb=1))
    case_id = open_case(casebook)
    with pytest.raises(InvalidInputError):
        casebook.attachments.add(ANA, case_id, name, content)
    with pytest.raises(InvalidInputError, match="There is no case 99"):
        casebook.attachments.add(ANA, 99, "a.txt", b"a")
    with pytest.raises(PermissionDeniedError):
        casebook.attachments.add(Actor("Vi", "viewer", "app"), case_id, "a.txt", b"a")
    assert not casebook.attachments.folder.exists() or not list(casebook.attachments.folder.iterdir())
    casebook.close()


def test_a_file_that_was_changed_on_the_disk_is_not_handed_out(casebook: Casebook) -> None:
    attachment_id = casebook.attachments.add(ANA, open_case(casebook), "a.txt", b"agreed: 10")
    next(casebook.attachments.folder.iterdir()).write_bytes(b"agreed: 99")
    with pytest.raises(InvalidInputError, match="changed there"):
        casebook.attachments.read(attachment_id)


def test_a_backup_takes_the_files_along(tmp_path: Path) -> None:
    home = tmp_path / "home"
    casebook = Casebook.open(home, Settings())
    attachment_id = casebook.attachments.add(ANA, open_case(casebook), "a.txt", b"agreed")
    casebook.close()
    backup(home, Settings(), tmp_path / "saved.zip")
    restore(tmp_path / "other", Settings(), tmp_path / "saved.zip")
    restored = Casebook.open(tmp_path / "other", Settings())
    assert restored.attachments.read(attachment_id) == b"agreed"
    restored.close()


# -- procedures and actions


def test_every_action_has_a_procedure_in_both_languages() -> None:
    assert list(shipped()) == list(ACTIONS)
    for row in shipped().values():
        assert set(row["kinds"]) <= set(KINDS)
        assert set(row.get("causes", [])) <= set(CAUSES)
        assert row["en"].count("\n") == row["zh"].count("\n"), "as many steps in both languages"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_standard_action(kind: str) -> None:
    assert standard_actions(kind, None)


def test_what_fits_the_cause_comes_first() -> None:
    assert standard_actions("stock_shortage", "late_supplier")[0] == "expedite_supplier"
    assert "expedite_supplier" not in standard_actions("stock_shortage", "demand_spike")


def test_a_procedure_is_edited_in_versions(casebook: Casebook) -> None:
    first = casebook.procedures.get("count_stock")
    assert (first.version, first.by) == (1, "Orderlens")
    assert casebook.procedures.edit(MIA, "count_stock", "Count twice.", "", 1) == 2
    latest = casebook.procedures.get("count_stock")
    assert (latest.text("zh"), latest.by) == ("Count twice.", "Mia"), "the other language where one is missing"
    assert casebook.procedures.get("count_stock", 1).text_en == first.text_en
    with pytest.raises(InvalidInputError, match="Version 2 was written meanwhile"):
        casebook.procedures.edit(MIA, "count_stock", "Count thrice.", "", 1)
    with pytest.raises(InvalidInputError, match="in one language at least"):
        casebook.procedures.edit(MIA, "count_stock", " ", "", 2)
    with pytest.raises(UnknownNameError):
        casebook.procedures.get("count_stocks")


def test_an_action_is_planned_by_the_procedure_in_force_and_ends_once(casebook: Casebook) -> None:
    case_id = open_case(casebook)
    casebook.procedures.edit(MIA, "correct_order", "Call first.", "", 1)
    done = casebook.corrective_actions.plan(ANA, case_id, "correct_order", "50 instead of 500")
    dropped = casebook.corrective_actions.plan(OLE, case_id, "contact_customer")
    casebook.corrective_actions.finish(OLE, done, "worked", "customer agreed")
    casebook.corrective_actions.finish(OLE, dropped, None)
    listed = casebook.corrective_actions.list(case_id)
    assert listed.state.tolist() == ["done", "cancelled"]
    assert listed.procedure_version.tolist() == [2, 1]
    with pytest.raises(InvalidInputError, match="It is done"):
        casebook.corrective_actions.finish(OLE, done, "failed")
    assert casebook.corrective_actions.experience("quantity_outlier").empty, "the case is still open"
    casebook.cases.move(ANA, case_id, "investigating")
    casebook.cases.move(ANA, case_id, "resolved", "corrected")
    learnt = casebook.corrective_actions.experience("quantity_outlier")
    assert learnt[["action", "outcome"]].values.tolist() == [["correct_order", "worked"]]


def test_closed_cases_are_found_by_what_was_said_and_done(casebook: Casebook) -> None:
    ids = [open_case(casebook, number, reason="500 instead of 50") for number in (1, 2, 3)]
    casebook.cases.comment(ANA, ids[0], "包装单位弄错了 100%")
    action = casebook.corrective_actions.plan(ANA, ids[1], "train_operator", "form field moved")
    casebook.corrective_actions.finish(ANA, action, "worked")
    for case_id in ids[:2]:
        casebook.cases.move(ANA, case_id, "investigating")
        casebook.cases.move(ANA, case_id, "resolved", "corrected in the ERP")
    search = casebook.knowledge.search
    assert search("包装单位").case_id.tolist() == [ids[0]]
    assert search("field MOVED").case_id.tolist() == [ids[1]]
    assert search("500 corrected").case_id.tolist() == [ids[1], ids[0]], "the open one is no knowledge yet"
    assert search("100% nothing").empty
    assert search("", kind="price_error").empty
    found = search("", kind="quantity_outlier").set_index("case_id")
    assert found.closing[ids[0]] == "corrected in the ERP"
    assert found.actions[ids[1]] == [{"action": "train_operator", "outcome": "worked"}]


# -- merges


def make(casebook: Casebook, actor: Actor, kept: str, merged: str, case_id: int | None = None) -> int:
    originals = {"kept": {"name": kept}, "merged": {"name": merged}}
    return casebook.merges.make(
        actor, "order", kept, merged, {"lines": "kept"}, originals, {"changes": []}, "双", case_id
    )


def test_a_merge_keeps_both_originals_and_is_undone(casebook: Casebook) -> None:
    case_id = open_case(casebook)
    merge_id = make(casebook, ANA, "A", "B", case_id)
    row = casebook.merges.get(merge_id)
    assert row["originals"]["merged"] == {"name": "B"}
    assert row["is_in_force"]
    with pytest.raises(InvalidInputError, match="B was merged into A already"):
        make(casebook, ANA, "C", "B")
    update_id = casebook.erp_updates.request(ANA, "file", [CHANGE], "twice", case_id, merge_id)
    casebook.merges.undo(ANA, merge_id, "the customer wanted both")
    assert not casebook.merges.get(merge_id)["is_in_force"]
    assert casebook.merges.list(is_in_force_only=True).empty
    assert casebook.merges.get(merge_id)["originals"]["kept"] == {"name": "A"}
    assert casebook.erp_updates.list().set_index("update_id").state[update_id] == "cancelled"
    with pytest.raises(InvalidInputError, match="undone already"):
        casebook.merges.undo(ANA, merge_id)
    make(casebook, ANA, "C", "B")
    assert casebook.case_lists.course(case_id).what.tolist()[-3:] == ["merged", "erp_requested", "unmerged"]


def test_chains_and_circles_of_merges_are_refused(casebook: Casebook) -> None:
    make(casebook, ANA, "A", "B")
    for kept, merged in (("B", "C"), ("B", "A"), ("A", "A"), ("C", "B")):
        with pytest.raises(InvalidInputError):
            make(casebook, ANA, kept, merged)
    make(casebook, ANA, "A", "C")
    assert len(casebook.merges.of("order", "A")) == 2


def test_others_merges_are_undone_by_managers(casebook: Casebook) -> None:
    merge_id = make(casebook, ANA, "A", "B")
    with pytest.raises(PermissionDeniedError):
        casebook.merges.undo(OLE, merge_id)
    casebook.merges.undo(MIA, merge_id)


@pytest.mark.parametrize("table", ["merges", "procedures", "case_rulebooks"])
def test_history_cannot_be_rewritten(casebook: Casebook, table: str) -> None:
    make(casebook, ANA, "A", "B")
    casebook.procedures.edit(MIA, "count_stock", "Count.", "", 1)
    casebook.case_rules.replace(MIA, "service_levels", casebook.case_rules.service_levels())
    for change in (f"delete from {table}", f"update {table} set \"by\" = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"), casebook.store.engine.begin() as connection:
            connection.execute(text(change))


# -- updates for the ERP


class Receiver(http.server.BaseHTTPRequestHandler):
    """An ERP that does each idempotency key once, and answers as it is told to."""

    answers: list[int]
    requests: list[tuple[dict[str, str], bytes]]
    done: dict[str, bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).requests.append((dict(self.headers), body))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200 or status == -1:
            self.done.setdefault(self.headers["Idempotency-Key"], body)
        if status == -1:  # it took the change, and its answer was lost
            self.connection.close()
            return
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def erp() -> Iterator[type[Receiver]]:
    receiver = type("OneReceiver", (Receiver,), {"answers": [], "requests": [], "done": {}})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), receiver)
    receiver.url = f"http://127.0.0.1:{server.server_port}/changes"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def connected(tmp_path: Path, erp: type[Receiver]) -> Iterator[Casebook]:
    settings = Settings(erp_webhook_url=erp.url, erp_webhook_secret="key")
    opened = Casebook.open(tmp_path / "home", settings)
    yield opened
    opened.close()


def only(casebook: Casebook) -> dict[str, object]:
    return casebook.erp_updates.list().iloc[0].to_dict()


def test_a_change_is_sent_signed_and_once(connected: Casebook, erp: type[Receiver]) -> None:
    case_id = open_case(connected)
    first = connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", case_id)
    assert not erp.requests, "asking for it sends nothing"
    assert connected.erp_updates.request(OLE, "webhook", [CHANGE], "again", case_id) == first
    assert connected.erp_updates.deliver(ANA) == 1
    assert connected.erp_updates.deliver(ANA) == 0
    headers, body = erp.requests[0]
    sent = json.loads(body)
    assert sent["changes"] == [CHANGE]
    assert headers["Idempotency-Key"] == sent["idempotency_key"]
    assert headers["X-Orderlens-Signature"] == signature("key", body)
    assert only(connected)["state"] == "sent"
    assert len(erp.requests) == 1


def test_an_answer_that_got_lost_is_asked_for_again_and_done_once(connected: Casebook, erp: type[Receiver]) -> None:
    connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", open_case(connected))
    erp.answers[:] = [-1, 503, 200]
    now = datetime.now(UTC)
    assert connected.erp_updates.deliver(ANA, now) == 0
    assert connected.erp_updates.deliver(ANA, now) == 0, "not before its time"
    assert len(erp.requests) == 1
    waits = []
    for hours in (1, 2):
        waits.append(only(connected)["next_attempt_at"] - datetime.now(UTC))
        connected.erp_updates.deliver(ANA, now + timedelta(hours=hours))
    assert only(connected)["state"] == "sent"
    assert only(connected)["attempt_count"] == 3
    assert waits[1] > waits[0] + timedelta(seconds=20), "it waits longer each time"
    assert len(erp.done) == 1
    assert len({headers["Idempotency-Key"] for headers, _ in erp.requests}) == 1


def test_a_refusal_is_final_until_somebody_tries_again(connected: Casebook, erp: type[Receiver]) -> None:
    case_id = open_case(connected)
    update_id = connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", case_id)
    erp.answers[:] = [422]
    connected.erp_updates.deliver(ANA)
    assert (only(connected)["state"], only(connected)["last_error"]) == ("failed", "HTTP 422")
    assert connected.case_lists.course(case_id).what.tolist()[-1] == "erp_failed"
    assert connected.erp_updates.deliver(ANA, datetime.now(UTC) + timedelta(days=9)) == 0
    connected.erp_updates.retry(ANA, update_id)
    assert connected.erp_updates.deliver(ANA) == 1


def test_it_gives_up_in_the_end(connected: Casebook, erp: type[Receiver]) -> None:
    connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", open_case(connected))
    erp.answers[:] = [503] * 20
    for day in range(20):
        connected.erp_updates.deliver(ANA, datetime.now(UTC) + timedelta(days=day))
    assert only(connected)["state"] == "failed"
    assert len(erp.requests) == MAX_ATTEMPTS


def test_a_sender_that_died_is_followed_by_another(connected: Casebook, erp: type[Receiver]) -> None:
    connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", open_case(connected))
    now = datetime.now(UTC)
    assert len(connected.erp_updates._claim(ANA, now)) == 1  # and then it dies
    assert connected.erp_updates.deliver(ANA, now + timedelta(seconds=30)) == 0
    assert connected.erp_updates.deliver(ANA, now + timedelta(minutes=5)) == 1


def test_what_was_called_off_is_not_sent(connected: Casebook, erp: type[Receiver]) -> None:
    case_id = open_case(connected)
    update_id = connected.erp_updates.request(ANA, "webhook", [CHANGE], "typed 500", case_id)
    connected.erp_updates.cancel(ANA, update_id)
    assert connected.erp_updates.deliver(ANA) == 0
    assert connected.erp_updates.request(ANA, "webhook", [CHANGE], "after all", case_id) != update_id
    assert connected.erp_updates.deliver(ANA) == 1
    with pytest.raises(InvalidInputError, match="called off"):
        connected.erp_updates.cancel(ANA, update_id)


def test_a_redirect_is_not_followed(erp: type[Receiver]) -> None:
    erp.answers[:] = [302]
    answer = send(erp.url, "", "k", "{}")
    assert (answer.is_taken, answer.is_final, answer.detail) == (False, True, "HTTP 302")
    assert len(erp.requests) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "http://", "erp"])
def test_only_web_addresses_are_posted_to(url: str) -> None:
    with pytest.raises(InvalidInputError, match="erp_webhook_url"):
        send(url, "", "k", "{}")


def test_a_host_that_is_not_there_is_worth_another_try() -> None:
    answer = send("http://127.0.0.1:9/x", "", "k", "{}", timeout=2)
    assert (answer.is_taken, answer.is_final) == (False, False)


def test_a_file_holds_what_waits_and_only_once(casebook: Casebook) -> None:
    case_id = open_case(casebook)
    casebook.erp_updates.request(ANA, "file", [CHANGE, {**CHANGE, "line_no": 2}], "typed 500", case_id)
    filed = casebook.erp_updates.export(OLE)
    assert filed[["record_id", "line_no", "field", "before", "after"]].values.tolist() == [
        ["7", 1, "quantity", 500, 50],
        ["7", 2, "quantity", 500, 50],
    ]
    assert filed.requested_by.tolist() == ["Ana", "Ana"]
    assert casebook.erp_updates.export(OLE).empty
    assert casebook.erp_updates.filed().equals(filed), "a file that got lost can be had again"
    assert casebook.case_lists.course(case_id).what.tolist()[-1] == "erp_exported"


@pytest.mark.parametrize(
    ("channel", "changes", "reason"),
    [("file", [], "why"), ("file", [CHANGE], " "), ("mail", [CHANGE], "why"), ("webhook", [CHANGE], "why")],
)
def test_an_update_needs_a_change_a_reason_and_somewhere_to_go(
    casebook: Casebook, channel: str, changes: list[dict[str, object]], reason: str
) -> None:
    with pytest.raises((InvalidInputError, UnknownNameError)):
        casebook.erp_updates.request(ANA, channel, changes, reason, open_case(casebook))
