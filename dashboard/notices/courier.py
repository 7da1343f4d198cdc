"""One round of the courier: queue what is new, hold what is in doubt, send what is due. Any number of them may run."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.notices.delivery import deliver
from dashboard.notices.letters import write
from dashboard.notices.news import queue_news
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.outbox import Message
from data.errors import OrderlensError

ROUND_SECONDS = 30.0
AT_MOST = 500
"""Messages that one round sends at most; the next round goes on."""

logger = logging.getLogger("orderlens")

Deliver = Callable[[str, str, str, str], str | None]


@dataclass
class Round:
    """What one round did: causes queued, and messages sent, failed, dropped and held."""

    queued: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    held: int = 0


def system_actor() -> Actor:
    """Return the courier as an actor; no account can be called so, its name has a colon."""
    return Actor("system:courier", "admin", "app")


def run_round(workspace: Workspace, actor: Actor, send: Deliver = deliver) -> Round:
    """Queue the news of the published version and send all that is due.

    Parameters
    ----------
    workspace : Workspace
        The stores; its setting ``public_url`` is the beginning of links.
    actor : Actor
        Who sends.
    send : callable, optional
        What hands a message over; takes address, title, body and reference, returns why it failed.

    Returns
    -------
    Round
        What was done.
    """
    outbox, done = workspace.casebook.outbox, Round()
    done.queued = queue_news(workspace, actor)
    done.held = len(outbox.hold_lost(actor))
    for _count in range(AT_MOST):
        message = outbox.claim(actor)
        if message is None:
            break
        _send(workspace, actor, message, send, done)
    return done


def _send(workspace: Workspace, actor: Actor, message: Message, send: Deliver, done: Round) -> None:
    outbox = workspace.casebook.outbox
    judged = set(workspace.casebook.labels.current()["exception_id"])
    still = {news.cause_key for news in workspace.casebook.case_news.of(message.rule)}
    items = [
        item
        for item in message.items
        if (item["cause_key"] in still if "topic" in item else item["exception_id"] not in judged)
    ]
    if not items and not message.is_test:
        outbox.drop(actor, message)
        done.dropped += 1
        return
    title, body = write(message, items, workspace.settings.public_url)
    error = send(message.target, title, body, f"orderlens-{message.notification_id}")
    outbox.finish(actor, message, error)
    if error is None:
        done.sent += 1
    else:
        done.failed += 1


class Courier:
    """Runs rounds in the background while the dashboard is served: messages, approved changes, the weekly report.

    Parameters
    ----------
    workspace : Workspace
        Whose outbox is emptied.
    seconds : float, default 30
        The pause between two rounds.
    """

    def __init__(self, workspace: Workspace, seconds: float = ROUND_SECONDS) -> None:
        self.workspace = workspace
        self.seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the message in hand."""
        self._stopped.set()
        self._thread.join(timeout=20)

    def _run(self) -> None:
        from dashboard.notices.weekly_report import write_due  # with its charts, which a single round does without

        while not self._stopped.wait(self.seconds):
            try:
                run_round(self.workspace, system_actor())
                self.workspace.casebook.erp_updates.deliver(system_actor())
                write_due(self.workspace, system_actor())
            except OrderlensError as wrong:
                logger.log(logging.WARNING, "The courier waits: %s", wrong)
            except Exception as wrong:
                # Its text could hold an address; the next round tries again.
                logger.log(logging.WARNING, "The courier failed: %s", type(wrong).__name__)
