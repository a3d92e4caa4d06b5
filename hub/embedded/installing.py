"""Makes `.venv` from the hash-pinned lock, with nothing but the standard library: the first thing any start does."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALLER_LOCK = "requirements-installer.lock"
# Inside a virtual environment, the interpreter that it was made from: `.venv` may have to be made anew.
PYTHON = getattr(sys, "_base_executable", None) or sys.executable
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
RECORD = "caseward-lock.json"
MARKER = "caseward-installing"
# Installers name the addresses they fetch from, sometimes with credentials in them: none of that is shown.
ADDRESS = re.compile(r"\S*://\S+|\S*@\S+:\S+")


class InstallationError(SystemExit):
    """Setting up failed; the message says what to do."""


def ensure_environment(*, wants_tools: bool, root: Path = ROOT) -> None:
    """Have the locked packages in `.venv`, and this process running on them (it re-executes itself)."""
    venv = root / ".venv"
    kind = "dev" if wants_tools else "runtime"
    if not is_satisfied(venv, kind, root):
        if not os.access(venv if venv.exists() else root, os.W_OK):
            raise InstallationError(
                f"The libraries go into {venv}, and this account may not write there. "
                "Put the project into a folder of your own and start again."
            )
        with _one_at_a_time(root):
            if not is_satisfied(venv, kind, root):
                install(venv, kind, root)
    if Path(sys.prefix).resolve() != venv.resolve():
        python = venv / "bin" / "python"
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the same arguments, on the prepared interpreter


def is_satisfied(venv: Path, kind: str, root: Path = ROOT) -> bool:
    """Whether `.venv` holds exactly what the lock names, going by the digest recorded after the last installation."""
    if (venv / MARKER).exists() or not (venv / "bin" / "python").exists():
        return False
    try:
        recorded = json.loads((venv / RECORD).read_text())
    except (OSError, ValueError):
        return False
    return bool(recorded.get(kind) == lock_digest(kind, root))


def lock_digest(kind: str, root: Path = ROOT) -> str:
    """The digest of a lock file, together with the Python it was installed for."""
    try:
        lock = (root / "deploy" / LOCKS[kind]).read_bytes()
    except OSError as error:
        raise InstallationError(f"The lock file deploy/{LOCKS[kind]} cannot be read: {error.strerror}.") from None
    version = f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    return hashlib.sha256(version + b"\0" + lock).hexdigest()


def install(venv: Path, kind: str, root: Path = ROOT) -> None:
    """Make the environment, or bring it up to date. What an interrupted installation left behind is thrown away."""
    started = time.monotonic()
    if (venv / MARKER).exists():
        _say("An earlier set-up was interrupted: starting afresh.")
        shutil.rmtree(venv)
    if not _works(venv / "bin" / "python"):
        _say("Making .venv …")
        shutil.rmtree(venv, ignore_errors=True)
        _make_venv(venv)
    (venv / MARKER).touch()
    (venv / RECORD).unlink(missing_ok=True)
    what = "packages and test tools" if kind == "dev" else "packages"
    _say(f"Installing the {what} of deploy/{LOCKS[kind]} (about 20 seconds, more on a slow line) …")
    _install_lock(venv, root / "deploy" / LOCKS[kind], root)
    # The test lock contains the runtime lock: whoever has the first has the second.
    kinds = ["runtime", "dev"] if kind == "dev" else ["runtime"]
    (venv / RECORD).write_text(json.dumps({name: lock_digest(name, root) for name in kinds}))
    (venv / MARKER).unlink()
    _say(f"Ready after {time.monotonic() - started:.0f} s.")


def _make_venv(venv: Path) -> None:
    # With uv at hand pip is not needed, and bringing it along is most of the time that this takes.
    made = _run([PYTHON, "-m", "venv", *(["--without-pip"] if shutil.which("uv") else []), str(venv)])
    if made.returncode == 0:
        return
    # Debian keeps ensurepip in a package of its own; an own pip or a uv on PATH does as well.
    shutil.rmtree(venv, ignore_errors=True)
    if _run([PYTHON, "-m", "venv", "--without-pip", str(venv)]).returncode == 0 and (
        shutil.which("uv") or _run([PYTHON, "-m", "pip", "--version"]).returncode == 0
    ):
        return
    shutil.rmtree(venv, ignore_errors=True)
    raise InstallationError(
        f"Python could not make the virtual environment .venv:\n{scrubbed_tail(made.stdout)}\n"
        "On Debian or Ubuntu install the package python3-venv and start again."
    )


def _install_lock(venv: Path, lock: Path, root: Path) -> None:
    python = venv / "bin" / "python"
    uv = shutil.which("uv")
    if uv is None:
        installer = root / "deploy" / INSTALLER_LOCK
        got = _run([*_pip(python), "install", "-q", "--only-binary", ":all:", "--require-hashes", "-r", str(installer)])
        uv = str(venv / "bin" / "uv") if got.returncode == 0 else None
    if uv is not None:
        fast = _run(
            [uv, "pip", "install", "-q", "--no-deps", "--require-hashes", "--python", str(python), "-r", str(lock)]
        )
        if fast.returncode == 0:
            return
        _say("uv could not do it: going on with pip, which takes a minute or two …")
    slow = _run([*_pip(python), "install", "-q", "--no-deps", "--require-hashes", "-r", str(lock)])
    if slow.returncode != 0:
        raise InstallationError(
            f"The packages of deploy/{lock.name} could not be installed:\n{scrubbed_tail(slow.stdout)}\n"
            "Check the network, or the package index that pip is configured with, and start again."
        )


def _pip(python: Path) -> list[str]:
    tries = (["pip", "--version"], ["ensurepip"])
    if any(_run([str(python), "-m", *arguments]).returncode == 0 for arguments in tries):
        return [str(python), "-m", "pip", "--disable-pip-version-check"]
    return [PYTHON, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    probe = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    return _run([str(python), "-c", probe]).returncode == 0


def _run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, stdout=str(error.strerror))


def scrubbed_tail(output: str, lines: int = 12) -> str:
    """The last lines of an installer's output without the addresses in them."""
    return "\n".join(ADDRESS.sub("<address>", line) for line in output.strip().splitlines()[-lines:])


@contextlib.contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two starts at once: the second waits. The lock is taken on a file that is there anyway, and needs no writing."""
    with open(root / "deploy" / LOCKS["runtime"], "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another start is setting up .venv: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
