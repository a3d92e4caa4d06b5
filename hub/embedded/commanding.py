"""Runs a command of manage.py with the servers it needs: given ones, running ones, or own ones for its duration."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

from .faults import EmbeddedError

# These read and write files alone; starting a database for them would only cost time.
WITHOUT_SERVERS = frozenset(
    {
        "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages",
        "makemigrations", "print_schema", "startapp", "test", "version", "--help", "-h", "--version",
    }
)  # fmt: skip


def run(argv: list[str]) -> int:
    """Dispatch one command line; returns the exit code."""
    command = argv[1] if len(argv) > 1 else "help"
    if command == "redact":
        # Redaction needs neither database nor settings, so Django is not even loaded.
        from redaction import command_line

        return command_line.main(argv[2:])
    if command == "test":
        # Checks and tests are processes of their own; code that Django cannot even load is theirs to report.
        from hub.commands import checking

        return checking.main(argv[2:])
    signal.signal(signal.SIGTERM, _end)
    if command == "demo":
        # The demo brings servers and processes up itself, and shows how.
        from hub.demo import running

        return running.main(argv[2:])
    try:
        with contextlib.ExitStack() as stack:
            if not os.environ.get("DATABASE_URL"):
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.local")
                if needs_servers(argv[1:]):
                    from .services import services

                    os.environ.update(stack.enter_context(services()).urls)
            else:
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")
            return _execute(argv)
    except EmbeddedError as error:
        print(f"caseward: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def needs_servers(arguments: list[str]) -> bool:
    """Whether a command line reads or writes a database."""
    command = arguments[0] if arguments else "help"
    if command == "check":
        # Some checks look at a database; they run when one is asked for.
        return any(argument.startswith("--database") for argument in arguments)
    return command not in WITHOUT_SERVERS and not {"-h", "--help"} & set(arguments)


def _execute(argv: list[str]) -> int:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(argv)
    except SystemExit as ending:
        # Turned into a value, so that leaving the servers counts as a regular end.
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        print(ending.code, file=sys.stderr)
        return 1
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    # The same way out as Ctrl-C: servers are stopped in order.
    raise KeyboardInterrupt
