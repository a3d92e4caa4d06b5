"""What is shipped: locks without addresses, and the checks that the command runs."""

import re
from pathlib import Path

import pytest

from hub.commands import checking

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "deploy").glob("*.lock"))


def test_there_are_three_locks():
    assert [lock.name for lock in LOCKS] == [
        "requirements-dev.lock",
        "requirements-installer.lock",
        "requirements.lock",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_name_versions_and_digests_alone(lock):
    text = lock.read_text()
    for word in ("://", "index-url", "find-links", "trusted-host", " @ "):
        assert word not in text
    requirements = re.split(r"\n(?=\S)", text.strip())
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s]+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_test_lock_contains_the_runtime_lock():
    def pins(name):
        return set(re.findall(r"^(\S+==\S+)", (ROOT / "deploy" / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") < pins("requirements-dev.lock")


def test_every_direct_dependency_is_locked():
    declared = re.findall(
        r'^    "([A-Za-z0-9_-]+)', (ROOT / "pyproject.toml").read_text().split("[tool.")[0], re.MULTILINE
    )
    locked = set(
        re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "deploy" / "requirements-dev.lock").read_text(), re.MULTILINE)
    )
    assert {name.lower() for name in declared} - locked == set()


def test_a_failed_check_fails_the_run_although_the_tests_pass(monkeypatch, capsys):
    failed = checking.Outcome("mypy", passed=False, output="tenants/x.py:1: error: wrong", seconds=0.1)
    monkeypatch.setattr(checking, "run_checks", lambda console: [failed])
    monkeypatch.setattr(checking, "run_pytest", lambda arguments: 0)
    assert checking.main(["tests/x"]) == 1
    assert "tenants/x.py:1: error: wrong" in capsys.readouterr().err


def test_only_pytest_leaves_the_checks_out(monkeypatch):
    seen = []
    monkeypatch.setattr(checking, "run_checks", lambda console: pytest.fail("checks were run"))
    monkeypatch.setattr(checking, "run_pytest", lambda arguments: seen.append(list(arguments)) or 5)
    assert checking.main(["--only-pytest", "-k", "x"]) == 5
    assert seen == [["-k", "x"]]
