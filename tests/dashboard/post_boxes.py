"""A mail server and a webhook on this machine, which keep what they are sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Hook:
    """What a webhook was sent: its address, and each request's body and headers."""

    url: str = ""
    status: int = 200
    received: list[tuple[dict[str, Any], dict[str, str]]] = field(default_factory=list)


@contextmanager
def webhook() -> Iterator[Hook]:
    """Listen for HTTP posts; the status it answers with can be changed."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if hook.status == 200:
                hook.received.append((json.loads(body), dict(self.headers)))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"json://erp:s3cretpass@127.0.0.1:{server.server_port}/T0KENT0KEN"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hook
    server.shutdown()
    server.server_close()


@dataclass
class MailBox:
    """What a mail server was sent."""

    url: str = ""
    received: list[Message] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailBox]:
    """Listen for mail."""
    box = MailBox()

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
            box.received.append(message_from_bytes(envelope.content, policy=default))
            return "250 taken"

    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    box.url = f"mailto://127.0.0.1:{port}?from=orderlens@example.com&to=desk@example.com"
    yield box
    controller.stop()
