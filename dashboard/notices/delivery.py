"""The way out: one message to one address, through `apprise`. Nothing of the address appears in an error or a log."""

import logging
from urllib.parse import quote

from data.casebook.notification_targets import scheme, without_secrets

OWN_HEADERS = {
    "json": "Idempotency-Key",
    "jsons": "Idempotency-Key",
    "form": "Idempotency-Key",
    "forms": "Idempotency-Key",
    "mailto": "X-Orderlens-Message",
    "mailtos": "X-Orderlens-Message",
}
"""The header that carries a message's number, by which a receiver can tell that it has it already."""


def deliver(target: str, title: str, body: str, reference: str) -> str | None:
    """Send one message; return None when the other side took it, else why not, without anything secret.

    Parameters
    ----------
    target : str
        The address, as `apprise` writes it.
    title, body : str
        The message, plain text.
    reference : str
        What tells this message from all others, e.g. its number.

    Returns
    -------
    str or None
        The reason of a failure in one line.
    """
    from apprise import Apprise, LogCapture, NotifyFormat

    for name in ("apprise", "urllib3"):  # their lines name the address
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).propagate = False
    sender = Apprise()
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as captured:  # type: ignore[no-untyped-call]
        try:
            is_out = bool(sender.add(_with_reference(target, reference))) and bool(
                sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT)
            )
        except Exception as wrong:  # a service's own code must not stop the others' messages
            return without_secrets(f"{type(wrong).__name__}: {wrong}".splitlines()[0], target)
        lines = [line.strip() for line in captured.getvalue().splitlines() if line.strip()]
    return None if is_out else without_secrets(lines[0] if lines else "The service did not take it.", target)


def _with_reference(target: str, reference: str) -> str:
    header = OWN_HEADERS.get(scheme(target))
    if header is None:
        return target
    return f"{target}{'&' if '?' in target else '?'}%2B{header}={quote(reference, safe='')}"
