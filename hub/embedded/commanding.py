"""Runs a command of manage.py with the servers it needs: given ones, running ones, or own ones for its duration."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

from .faults import EmbeddedError

DONE, FOUND, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
UNDEFINED_TABLE = "42P01"  # SQLSTATE

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
    # Started in the background by a script, Python would ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if command == "demo":
        # The demo brings servers and processes up itself, and shows how.
        from hub.demo import running

        return running.main(argv[2:])
    try:
        with contextlib.ExitStack() as stack:
            if not os.environ.get("DATABASE_URL"):
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.local")
                if needs_servers(argv[1:]):
                    _attach(stack)
            else:
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")
            return _execute(argv)
    except EmbeddedError as error:
        print(f"caseward: {error}", file=sys.stderr)
        return FOUND
    except KeyboardInterrupt:
        return INTERRUPTED


def needs_servers(arguments: list[str]) -> bool:
    """Whether a command line reads or writes a database."""
    command = arguments[0] if arguments else "help"
    if command == "check":
        # Some checks look at a database; they run when one is asked for.
        return any(argument.startswith("--database") for argument in arguments)
    return command not in WITHOUT_SERVERS and not {"-h", "--help"} & set(arguments)


def _attach(stack: contextlib.ExitStack) -> None:
    """Join the servers of a demo that runs here, else those of this checkout, starting them where needed."""
    from .services import find_running_services, services
    from .state import state_folder

    folder = state_folder()
    if find_running_services(folder / "demo"):
        from hub.demo import running

        folder = folder / "demo"
        os.environ.update(running.environment(folder))
        print("On the demo that is running; what it holds is gone when it starts anew.", file=sys.stderr)
    os.environ.update(stack.enter_context(services(folder)).urls)


def _execute(argv: list[str]) -> int:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line, get_commands
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(argv)
    except SystemExit as ending:
        # Turned into a value, so that leaving the servers counts as a regular end.
        if ending.code is None or isinstance(ending.code, int):
            is_unknown = ending.code == FOUND and argv[1] not in get_commands()
            return WRONG_USAGE if is_unknown else ending.code or DONE
        print(ending.code, file=sys.stderr)
        return FOUND
    except ImproperlyConfigured as error:
        return _fail(argv, error, str(error), WRONG_USAGE)
    except OperationalError as error:
        return _fail(argv, error, f"The database could not be used: {str(error).strip()}", FOUND)
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != UNDEFINED_TABLE:
            raise
        return _fail(argv, error, "The database has not all tables yet: run `manage.py migrate` first.", FOUND)
    return DONE


def _fail(argv: list[str], error: Exception, message: str, code: int) -> int:
    """What a person can mend is said in a sentence; who asks for the traceback gets it."""
    if "--traceback" in argv:
        raise error
    print(f"caseward: {message}", file=sys.stderr)
    return code


def _end(_signal: int, _frame: FrameType | None) -> None:
    # The same way out as Ctrl-C: servers are stopped in order.
    raise KeyboardInterrupt
