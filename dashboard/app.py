"""The web application: Streamlit behind the guard, with the sign-in pages and the API, in one process."""

import gc
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from dashboard import api, shell
from dashboard.guard import LOOPBACK, SESSION_HEADER, UPLOAD_LIMIT_MB, Guard
from dashboard.notices.courier import Courier
from dashboard.signin import SignIn
from dashboard.theme import theme_options
from dashboard.vouching import check_settings, oidc_secrets
from dashboard.workspace import Workspace, current, install, open_workspace
from data.casebook import Actor
from data.casebook.secret_tokens import new_token
from data.errors import InvalidInputError
from data.settings import Settings

SCRIPT = Path(__file__).parent / "entry" / "main.py"
"""In a folder of its own: Streamlit puts that on the path, and would run a ``pages`` beside it unguarded."""

SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps others waiting (Python: 5 ms). A page sends dozens of parts and reads as often,
and waits for its turn again after each."""

logger = logging.getLogger("orderlens")


def server_options(settings: Settings, port: int, is_demo: bool) -> dict[str, Any]:
    """Return Streamlit's options; the demo listens on this machine alone, whatever the settings say."""
    return {
        "server.address": "127.0.0.1" if is_demo else settings.address,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.maxUploadSize": UPLOAD_LIMIT_MB,
        "server.enableStaticServing": False,
        "server.trustedUserHeaders": json.dumps({SESSION_HEADER.decode(): "session"}),
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "logger.level": "warning",
        "runner.postScriptGC": False,  # Python collects by itself, as often as objects come and go
        **theme_options(),
    }


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001
    """Import what is heavy before the first visitor, and spare it from garbage collection.

    One collection takes a quarter of a second with pandas and scikit-learn loaded; frozen objects are not looked at.
    """
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import pyarrow  # noqa: F401

    from dashboard import charts, queries, words  # noqa: F401

    words.finders()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    courier = Courier(current())
    courier.start()
    yield
    courier.stop()
    gc.unfreeze()


def build_app(workspace: Workspace) -> st.App:
    """Return the application that serves ``workspace``."""
    install(workspace)
    is_oidc = workspace.settings.sign_in == "oidc" and not workspace.is_demo
    return st.App(
        SCRIPT,
        secrets=oidc_secrets(workspace.settings, new_token()) if is_oidc else None,
        lifespan=lifespan,
        routes=[*SignIn(workspace).routes(), *api.routes(workspace), *shell.routes(workspace)],
        middleware=[Middleware(Guard, workspace=workspace)],
    )


def serve(home: Path, settings: Settings, port: int, is_demo: bool = False) -> None:
    """Serve the dashboard until it is stopped.

    Parameters
    ----------
    home : Path
        The home folder.
    settings : Settings
        The settings in force.
    port : int
        The port to listen on.
    is_demo : bool, default False
        Whether a visitor picks a role without a password; then only this machine is answered.

    Raises
    ------
    InvalidInputError
        If the port is taken.
    """
    check_settings(settings)
    workspace = open_workspace(home, settings, is_demo)
    address = "127.0.0.1" if is_demo or settings.address in LOOPBACK else settings.address
    where = f"http://{address}:{port}"
    sys.stderr.write(f"Orderlens: {where}\n")
    token = None if is_demo else workspace.casebook.accounts.issue_first_admin_token(Actor.of_command_line())
    if token:
        sys.stderr.write(f"Create the first account here, once: {where}/setup?token={token}\n")
    sys.argv[:] = [str(SCRIPT)]
    os.environ["FORWARDED_ALLOW_IPS"] = ""  # the guard itself says whose headers are believed
    try:
        build_app(workspace).run(config=server_options(settings, port, is_demo))
    except OSError as wrong:
        raise InvalidInputError(f"Can't listen on {address}:{port}: {wrong.strerror}. Try --port.") from None
