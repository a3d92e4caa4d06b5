"""The environment is made once, mended after an interruption, and made again when the lock changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.embedded import installing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose locks name nothing, so that installing costs no network."""
    (tmp_path / "deploy").mkdir()
    for name in [*installing.LOCKS.values(), installing.INSTALLER_LOCK]:
        (tmp_path / "deploy" / name).write_text("# nothing\n")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # uv stands beside python
    return tmp_path


def test_test_tools_satisfy_the_runtime_but_not_the_other_way_round(checkout):
    venv = checkout / ".venv"
    assert not installing.is_satisfied(venv, "runtime", checkout)
    installing.install(venv, "runtime", checkout)
    assert installing.is_satisfied(venv, "runtime", checkout)
    assert not installing.is_satisfied(venv, "dev", checkout)
    installing.install(venv, "dev", checkout)
    assert installing.is_satisfied(venv, "runtime", checkout)
    assert installing.is_satisfied(venv, "dev", checkout)
    assert not (venv / installing.MARKER).exists()


def test_changed_lock_is_noticed(checkout):
    venv = checkout / ".venv"
    installing.install(venv, "runtime", checkout)
    (checkout / "deploy" / "requirements.lock").write_text("# still nothing\n")
    assert not installing.is_satisfied(venv, "runtime", checkout)


def test_interrupted_installation_is_started_afresh(checkout, capsys):
    venv = checkout / ".venv"
    installing.install(venv, "runtime", checkout)
    (venv / installing.MARKER).touch()
    (venv / "half-written").touch()
    assert not installing.is_satisfied(venv, "runtime", checkout)
    installing.install(venv, "runtime", checkout)
    assert installing.is_satisfied(venv, "runtime", checkout)
    assert not (venv / "half-written").exists()
    assert "An earlier set-up was interrupted: starting afresh." in capsys.readouterr().err


def test_environment_without_a_working_interpreter_is_made_again(checkout):
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to("/nonexistent/python")
    installing.install(venv, "runtime", checkout)
    assert subprocess.run([venv / "bin" / "python", "-c", "pass"]).returncode == 0


def test_failure_says_what_to_do_and_names_no_address(checkout, monkeypatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "https://someone:hunter2@index.example/simple")
    (checkout / "deploy" / "requirements.lock").write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(installing.InstallationError) as failure:
        installing.install(checkout / ".venv", "runtime", checkout)
    message = str(failure.value)
    assert "deploy/requirements.lock could not be installed" in message
    assert "start again" in message
    assert "hunter2" not in message
    assert "://" not in message
    assert not installing.is_satisfied(checkout / ".venv", "runtime", checkout)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Looking in indexes: https://u:p@host/simple", "Looking in indexes: <address>"),
        ("from file:///srv/wheels/x.whl (1 kB)", "from <address> (1 kB)"),
        ("  user@host:8080/x refused", "  <address> refused"),
        ("no matching distribution for x==1", "no matching distribution for x==1"),
    ],
)
def test_addresses_are_scrubbed(line, shown):
    assert installing.scrubbed_tail(line) == shown.strip()


def test_bootstrap_needs_nothing_but_the_standard_library():
    code = (
        "import sys; sys.path.insert(0, '.'); import hub.embedded.installing, hub.embedded.commanding;"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('django', 'rich', 'psycopg', 'celery')))"
    )
    done = subprocess.run([sys.executable, "-S", "-I", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
