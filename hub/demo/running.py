"""The demo: the whole thread on this machine, with real servers and processes, from an empty database to a verdict."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from hub.embedded.faults import EmbeddedError
from hub.embedded.processes import ProcessGroup
from hub.embedded.services import discard, find_running_services, services
from hub.embedded.state import state_folder

from .faults import DemoError

if TYPE_CHECKING:  # what it imports needs settings, which start here
    from .verdict import Verdict

PATIENCE_SECONDS = 600


def main(arguments: Sequence[str]) -> int:
    """Run the demo; 0 when nothing that was planted got out and what failed stayed readable, else 1."""
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself instead of serving")
    parser.add_argument("--port", type=int, default=8000, help="wished port of the web server (default 8000)")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65_535:
        parser.error("--port is between 1 and 65535")
    # Into a file or a pipe a sentence goes as one line; only a terminal has a width to break it at.
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    folder = state_folder() / "demo"
    if find_running_services(folder):
        console.print("A demo is running already; stop it with Ctrl-C where it runs.", style="bold red")
        return 1
    # Every run begins with an empty hub and newly drawn values; the demo's folder holds nothing else.
    discard(folder)
    started = time.monotonic()
    try:
        starting = console.status("Starting PostgreSQL and Valkey …")
        with starting, services(folder, is_quiet=True) as running:
            starting.stop()
            console.print(f"[green]✓[/] PostgreSQL 18 and Valkey run  [dim]({time.monotonic() - started:.0f} s)[/]")
            return _on_servers(running.urls, folder, options, console)
    except KeyboardInterrupt:
        console.print("\nInterrupted; every server that was started is stopped.")
        return 130
    except (EmbeddedError, DemoError) as error:
        console.print(f"[bold red]The demo stopped:[/] {error}")
        return 1


def environment(folder: Path) -> dict[str, str]:
    """What makes a process one of the demo's hub, its servers apart."""
    return {
        "CASEWARD_STATE": str(folder),
        "CASEWARD_BOOTSTRAP": "0",
        "CASEWARD_WITNESS_FILE": str(folder / "checkpoints.txt"),
        "CASEWARD_ORIGIN": "demo.caseward.example/audit",
    }


def _on_servers(urls: dict[str, str], folder: Path, options: argparse.Namespace, console: Console) -> int:
    os.environ.update(urls)
    os.environ.update(environment(folder), DJANGO_SETTINGS_MODULE="hub.settings.local", LOG_LEVEL="WARNING")
    import django

    django.setup()
    from django.core.management import call_command

    from .play import play

    with console.status("Making the tables, walls and roles …"):
        call_command("migrate", verbosity=0)
    console.print("[green]✓[/] Tables, row-level security and the access record are in place")

    def goes_on(verdict: Verdict) -> bool:
        # A bad verdict is for looking into where somebody can look; a script gets its exit code.
        return not options.once and (verdict.is_good or sys.stdout.isatty())

    with ProcessGroup() as processes:
        verdict = play(processes, folder=folder, wished_port=options.port, console=console, goes_on=goes_on)
        if goes_on(verdict):
            return _serve(processes, verdict.is_good, console)
    if not verdict.is_good:
        console.print("[bold red]The demo failed[/] by the figures above; every server that was started is stopped.")
    return 0 if verdict.is_good else 1


def _serve(processes: ProcessGroup, is_good: bool, console: Console) -> int:
    console.print("\nThe hub keeps running. [bold]Ctrl-C[/] stops every server that was started.")
    try:
        while (ended := processes.find_ended()) is None:
            time.sleep(0.5)
        console.print(f"[bold red]{ended.name} ended by itself:[/]\n{ended.log_tail()}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopping …")
        return 0 if is_good else 1
