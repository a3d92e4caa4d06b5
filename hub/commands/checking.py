"""Everything `manage.py test` looks at: style, types, layers, migrations, the API's schema, and then the tests."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "hub" / "api" / "schema.graphql"
ONLY_PYTEST = "--only-pytest"
# The whole suite is shared out among processes, a file to each; a selection is quicker in one.
SHARED_OUT = ("--numprocesses", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder")
# Checks need no server; one that is named in the environment is for the tests alone.
SERVERS = ("DATABASE_URL", "OWNER_DATABASE_URL", "KEEPER_DATABASE_URL", "AUDITOR_DATABASE_URL", "BACKUP_DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check ended."""

    name: str
    passed: bool
    output: str
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """Run the checks and then pytest with the arguments; all failures are reported, and the exit code tells."""
    console = Console(stderr=True, highlight=False)
    remaining = [argument for argument in arguments if argument != ONLY_PYTEST]
    failed: list[Outcome] = []
    if len(remaining) == len(arguments):
        failed = run_checks(console)
        for outcome in failed:
            console.rule(f"[bold red]{outcome.name} failed", align="left")
            console.print(outcome.output.strip()[-6000:], markup=False, soft_wrap=True)
        if failed:
            console.rule(f"[bold red]{len(failed)} checks failed; the tests follow", align="left")
    code = run_pytest(remaining)
    return code or (1 if failed else 0)


def run_checks(console: Console) -> list[Outcome]:
    """Run every check, two at a time; returns those that failed."""
    checks: list[tuple[str, Callable[[], tuple[bool, str]]]] = [
        ("ruff check", lambda: _tool("ruff", "check", "--no-fix", ".")),
        ("ruff format", lambda: _tool("ruff", "format", "--check", ".")),
        ("mypy", lambda: _tool("mypy")),
        ("lint-imports", lambda: _tool("lint-imports", "--no-cache")),
        ("migrations", lambda: _manage("makemigrations", "--check", "--dry-run")),
        ("GraphQL schema", compare_schema),
    ]
    failed = []
    with console.status("Checking …"), ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(_timed, checks):
            mark = "[green]passed" if outcome.passed else "[red]failed"
            console.print(f"  {outcome.name:<16} {mark}[/] [dim]{outcome.seconds:.1f} s")
            if not outcome.passed:
                failed.append(outcome)
    return failed


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest on the terminal, so that its summary is the last thing to be read."""
    argv = [sys.executable, "-m", "pytest", *(arguments or SHARED_OUT)]
    try:
        return subprocess.run(argv, cwd=ROOT, env=_environment(with_servers=True)).returncode
    except KeyboardInterrupt:
        return 130


def compare_schema() -> tuple[bool, str]:
    """Whether schema.graphql is what the code would print; a change of the API has to be visible in the diff."""
    if not SCHEMA.exists():
        return False, f"{SCHEMA.relative_to(ROOT)} is missing: write it with `manage.py print_schema`."
    passed, printed = _manage("print_schema")
    if not passed:
        return False, printed
    known = SCHEMA.read_text()
    if known.strip() == printed.strip():
        return True, ""
    difference = difflib.unified_diff(
        known.strip().splitlines(), printed.strip().splitlines(), "hub/api/schema.graphql", "print_schema", lineterm=""
    )
    return False, "Write it again with `manage.py print_schema`:\n" + "\n".join(difference)


def _timed(check: tuple[str, Callable[[], tuple[bool, str]]]) -> Outcome:
    started = time.monotonic()
    passed, output = check[1]()
    return Outcome(check[0], passed, output, time.monotonic() - started)


def _tool(name: str, *arguments: str) -> tuple[bool, str]:
    program = Path(sys.executable).parent / name
    if not program.exists():
        return False, f"{name} is not installed: start with `python3 manage.py test`, which installs the test tools."
    return _run([str(program), *arguments])


def _manage(*arguments: str) -> tuple[bool, str]:
    return _run([sys.executable, str(ROOT / "manage.py"), *arguments], split=True)


def _run(argv: list[str], *, split: bool = False) -> tuple[bool, str]:
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=_environment(with_servers=False),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if split else subprocess.STDOUT,
        text=True,
    )
    passed = done.returncode == 0
    return passed, done.stdout if passed or not split else done.stdout + (done.stderr or "")


def _environment(*, with_servers: bool) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if with_servers or name not in SERVERS}
    environment |= {"CASEWARD_BOOTSTRAP": "0", "DJANGO_SETTINGS_MODULE": "hub.settings.testing"}
    environment.setdefault("PYTHONWARNINGS", "ignore:Got an error checking a consistent migration history")
    return environment
