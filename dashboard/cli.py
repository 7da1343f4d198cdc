"""The command line: ``orderlens COMMAND``."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from data.errors import InvalidInputError, OrderlensError
from data.settings import Settings, home_folder, load_settings
from data.vocabulary import FALSE_POSITIVE_REASONS, LABELS, ROLES

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one line of result, unwrapped, so that other programs can read it."""
    OUT.print(text, markup=False, soft_wrap=True)


class Home:
    """The home folder and what lives in it, opened on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return load_settings(self.folder)

    def warehouse(self) -> Any:
        """Open the analytics."""
        from data.warehouse import Warehouse

        return Warehouse(self.folder, self.settings)

    def casebook(self) -> Any:
        """Open the casebook, bringing it up to date first."""
        from data.casebook import Casebook

        return Casebook.open(self.folder, self.settings)


def actor() -> Any:
    """Whoever may run commands in the home folder acts as an administrator, under the name of the system's user."""
    import getpass

    from data.casebook import Actor

    return Actor(getpass.getuser(), "admin", "cli")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done; on anything but a terminal, nothing."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(title)
        yield lambda step: bar.update(task, description=f"{title}: {step}")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is stored [default: ./orderlens-home].",
)
@click.version_option(package_name="orderlens", prog_name="orderlens")
@click.pass_context
def orderlens(context: click.Context, home: Path | None) -> None:
    """Find, explain and follow up wrong orders in the order history of any ERP.

    \b
    New here?        orderlens demo
    Your own data:   orderlens ingest FOLDER    reads orders.csv, order_lines.csv, ...
                     orderlens detect           finds and ranks what is wrong
                     orderlens serve            opens the dashboard
    """  # noqa: D301
    context.obj = Home(home_folder(home))


@orderlens.command()
@click.option("--orders", default=10_000, show_default=True, help="How many orders the sample company has.")
@click.option("--seed", default=0, show_default=True, help="Another seed makes another company.")
@click.option("--port", type=int, help="Port of the dashboard.")
@click.option("--serve/--no-serve", "is_served", default=True, help="Open the dashboard at the end, or stop before.")
@click.pass_obj
def demo(home: Home, orders: int, seed: int, port: int | None, is_served: bool) -> None:
    """Show the whole product on sample data: make it, ingest, detect, and serve the dashboard."""
    folder = home.folder / "sample"
    if home.warehouse().version() is None:
        _sample(folder, orders, seed)
        _ingest(home, str(folder), None)
        _detect(home, None)
    if is_served:
        _serve(home, port, is_demo=True)


@orderlens.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--orders", default=10_000, show_default=True, help="How many orders.")
@click.option("--seed", default=0, show_default=True, help="Another seed makes another company.")
@click.option("--faults/--no-faults", "has_faults", default=True, help="Plant faults, or none at all.")
def sample(folder: Path, orders: int, seed: int, has_faults: bool) -> None:
    """Write a sample company's tables to FOLDER, and what is wrong in them to FOLDER-truth."""
    _sample(folder, orders, seed, has_faults)


def _sample(folder: Path, orders: int, seed: int, has_faults: bool = True) -> None:
    from data.sample import make_sample

    with progress_bar("Making a sample company") as progress:
        make_sample(folder, orders=orders, seed=seed, faults=has_faults, progress=progress)
    say(f"Sample company with {orders:,} orders: {folder}")


@orderlens.command()
@click.argument("path")
@click.option("--mapping", help="A mapping file (YAML), or the name of a shipped one.")
@click.pass_obj
def ingest(home: Home, path: str, mapping: str | None) -> None:
    """Read a source: a folder of CSV, Parquet, Excel or JSON files, a DuckDB file, or a database URL.

    Adds what is new, updates what changed, puts bad rows into quarantine with the reason. The same source twice
    changes nothing.
    """
    _ingest(home, path, mapping)


def _ingest(home: Home, path: str, mapping: str | None) -> None:
    from data.ingestion.ingest import ingest as read_source

    with progress_bar("Reading orders") as progress:
        report = read_source(home.warehouse(), home.settings, path, mapping, progress)
    home.casebook().audit.record(actor(), "data.ingest", f"load {report.load_id}", version=report.published_version)
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    words = ("read", "loaded", "updated", "unchanged", "quarantined")
    for word in words:
        table.add_column(word, justify="right")
    for counts in report.tables:
        table.add_row(counts.table, *(f"{getattr(counts, word):,}" for word in words))
    OUT.print(table)
    for name, columns in sorted(report.ignored_columns.items()):
        say(f"Not in the schema, kept out: {name}: {', '.join(columns)}")


@orderlens.command()
@click.option("--as-of", type=click.DateTime(), help="Judge as of this time instead of the data's own latest.")
@click.pass_obj
def detect(home: Home, as_of: datetime | None) -> None:
    """Find what is wrong, rank it, and publish it to the dashboard and the exports."""
    _detect(home, as_of)


def _detect(home: Home, as_of: datetime | None) -> None:
    from models.casework import reopen_recurring
    from models.detect import detect as find

    with progress_bar("Detecting") as progress:
        report = find(home.warehouse(), home.casebook(), home.settings, as_of, progress)
    casebook = home.casebook()
    casebook.audit.record(actor(), "data.detect", f"version {report.version}", found=report.exception_count)
    returned = reopen_recurring(home.warehouse(), casebook, actor())
    say(
        f"{report.exception_count:,} exceptions in {report.alert_count:,} alerts as of {report.as_of:%Y-%m-%d %H:%M}, "
        f"found by {sum(run.status == 'ran' for run in report.check_runs)} checks in {report.seconds:.1f} s"
    )
    if returned:
        say(f"Reopened, because they were found again: case {', '.join(map(str, returned))}")
    for run in report.not_run:
        verb = "is" if len(run.missing) == 1 else "are"
        say(f"Not run: {run.name}, because {' and '.join(run.missing)} {verb} missing")
    told = _notify(home)
    if told.sent or told.failed:
        say(f"{told.sent} notifications sent, {told.failed} failed")


@orderlens.command()
@click.pass_obj
def notify(home: Home) -> None:
    """Send the notifications that are due; what can't be sent stays in the outbox and is tried again later."""
    done = _notify(home)
    say(f"{done.queued} new causes, {done.sent} messages sent, {done.failed} failed, {done.held} held")
    if done.failed:
        raise OrderlensError(f"{done.failed} messages could not be sent; the page Notifications says why.")


def _hush_streamlit() -> None:
    """Keep its complaint about a cache without a page off the console."""
    from streamlit.logger import set_log_level

    set_log_level("ERROR")


def _notify(home: Home) -> Any:
    _hush_streamlit()
    from dashboard.notices.courier import run_round
    from dashboard.workspace import Workspace

    return run_round(Workspace(home.folder, home.settings, home.warehouse(), home.casebook()), actor())


@orderlens.command()
@click.option("--port", type=int, help="Port of the dashboard [default: setting port].")
@click.pass_obj
def serve(home: Home, port: int | None) -> None:
    """Serve the dashboard."""
    _serve(home, port, is_demo=False)


def _serve(home: Home, port: int | None, is_demo: bool) -> None:
    from dashboard.app import serve as run_server

    run_server(home.folder, home.settings, port or home.settings.port, is_demo)


@orderlens.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--quick", is_flag=True, help="Without what needs a long history: stock, and the order as a whole.")
@click.pass_context
def check(context: click.Context, file: Path, quick: bool) -> None:
    """Judge orders before they are entered (JSON: an orders row with its lines, or a list); exits 3 to hold one."""
    from models.entry import check_orders, keep_checked
    from models.new_order import is_batch

    home: Home = context.obj
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        given = json.loads(text)
    except OSError as wrong:
        raise InvalidInputError(f"Can't read {file}: {wrong.strerror}.") from None
    except ValueError as wrong:
        raise InvalidInputError(f"{file} is not JSON: {wrong}.") from None
    verdicts = check_orders(home.warehouse(), home.casebook(), home.settings, given, is_thorough=not quick)
    keep_checked(home.casebook(), actor(), given, verdicts)
    shown = {"results": verdicts} if is_batch(given) else verdicts[0]
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2, default=str))
    if any(verdict["verdict"] == "hold" for verdict in verdicts):
        context.exit(3)


@orderlens.command()
@click.argument("what")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File; its ending picks csv, parquet, xlsx or json.",
)
@click.pass_obj
def export(home: Home, what: str, out: Path) -> None:
    """Write exceptions, duplicates, stockouts, cases, merges, audit or quarantine to a file."""
    from models.export import export as write

    count = write(home.warehouse(), home.casebook(), actor(), what, out)
    say(f"{count:,} rows: {out}")


@orderlens.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File; its ending is html or xlsx."
)
@click.option("--language", type=click.Choice(["en", "zh"]), help="Language of the report [default: setting language].")
@click.pass_obj
def report(home: Home, out: Path, language: str | None) -> None:
    """Write the weekly report for managers: one HTML page or one Excel workbook."""
    _hush_streamlit()
    from dashboard.report import write_report
    from dashboard.workspace import open_workspace

    workspace = open_workspace(home.folder, home.settings)
    size = write_report(workspace, out, language or home.settings.language)
    workspace.casebook.audit.record(actor(), "data.export", "report", format=out.suffix.lower())
    say(f"{size:,} bytes: {out}")


@orderlens.command()
@click.argument("exception_id")
@click.argument("verdict", type=click.Choice(LABELS))
@click.option("--reason", type=click.Choice(FALSE_POSITIVE_REASONS), help="Why it is a false positive.")
@click.option("--note", default="", help="A note for colleagues.")
@click.pass_obj
def label(home: Home, exception_id: str, verdict: str, reason: str | None, note: str) -> None:
    """Say whether an exception is real; the next ranking learns from it."""
    from models.export import exception

    home_casebook = home.casebook()
    home_casebook.labels.add(actor(), exception(home.warehouse(), exception_id), verdict, reason=reason, note=note)
    say(f"{exception_id}: {verdict}")


@orderlens.group()
def user() -> None:
    """Accounts: add, list, set-role, disable."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.password_option(help="Asked for when not given; or set ORDERLENS_NEW_PASSWORD.", envvar="ORDERLENS_NEW_PASSWORD")
@click.pass_obj
def user_add(home: Home, name: str, role: str, password: str) -> None:
    """Add an account."""
    home.casebook().accounts.add(actor(), name, role, password)
    say(f"{name}: {role}")


@user.command("list")
@click.pass_obj
def user_list(home: Home) -> None:
    """List the accounts."""
    table = Table(box=None, pad_edge=False)
    for word in ("name", "role", "state", "last seen"):
        table.add_column(word)
    for account in home.casebook().accounts.list().itertuples():
        state = "active" if account.is_enabled else "disabled"
        seen = account.last_seen_at
        table.add_row(account.name, account.role, state, f"{seen:%Y-%m-%d %H:%M}" if pd.notna(seen) else "never")
    OUT.print(table)


@user.command("set-role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.pass_obj
def user_set_role(home: Home, name: str, role: str) -> None:
    """Give an account another role; it holds at once."""
    home.casebook().accounts.set_role(actor(), name, role)
    say(f"{name}: {role}")


@user.command("disable")
@click.argument("name")
@click.pass_obj
def user_disable(home: Home, name: str) -> None:
    """Disable an account; its sessions end at once."""
    home.casebook().accounts.disable(actor(), name)
    say(f"{name}: disabled")


@orderlens.group()
def audit() -> None:
    """The audit log of everything people did."""


@audit.command("verify")
@click.pass_obj
def audit_verify(home: Home) -> None:
    """Check the chain of the audit log; exits 1 if it is broken."""
    is_whole, detail = home.casebook().audit.verify()
    if not is_whole:
        raise OrderlensError(f"The audit log is broken: {detail}")
    say(f"The audit log is whole: {detail}")


@orderlens.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(home: Home, file: Path) -> None:
    """Write everything in the home folder to FILE, consistently, while it is in use."""
    from data.safekeeping.backup import backup as write

    write(home.folder, home.settings, file)
    say(f"Backup: {file}")


@orderlens.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def restore(home: Home, file: Path) -> None:
    """Bring the home folder back to the state in FILE."""
    from data.safekeeping.backup import restore as read

    read(home.folder, home.settings, file)
    say(f"Restored from {file}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 on success, 1 when the work could not be done, 2 on wrong usage."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    fail = partial(ERR.print, markup=False, soft_wrap=True)
    try:
        code = orderlens.main(arguments, prog_name="orderlens", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as wrong:
        command = wrong.ctx.command_path if wrong.ctx else "orderlens"
        fail(f"{command}: {wrong.format_message()} See '{command} --help'.")
        return 2
    except click.Abort:
        fail("Stopped.")
        return 1
    except (click.ClickException, OrderlensError) as wrong:
        fail(f"orderlens: {wrong.format_message() if isinstance(wrong, click.ClickException) else wrong}")
        return 1
    except KeyboardInterrupt:
        fail("Stopped.")
        return 1


if __name__ == "__main__":
    sys.exit(main())
