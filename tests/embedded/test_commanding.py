"""What a person sees who starts a command wrongly or on a server that is not there: a sentence and an exit code."""

import os
import subprocess
import sys

import pytest

from hub.embedded.state import ROOT

NOWHERE = "postgresql://caseward_app@127.0.0.1:1/caseward"
SERVER = {
    "DATABASE_URL": NOWHERE,
    "BROKER_URL": "redis://127.0.0.1:1",
    "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz" * 2,
    "KEY_ENCRYPTION_KEY": "zyxwvutsrqponmlkjihgfedcba" * 2,
    "CASEWARD_BOOTSTRAP": "0",
    "PATH": os.environ["PATH"],
}


@pytest.mark.parametrize(
    ("_case", "arguments", "changed", "code", "said"),
    [
        ("unknown command", ["nosuch"], {}, 2, "Unknown command: 'nosuch'"),
        ("no owner", ["migrate"], {}, 2, "Set OWNER_DATABASE_URL"),
        ("no auditor", ["verify_audit"], {}, 2, "Set AUDITOR_DATABASE_URL"),
        ("no checkpoints", ["verify_audit", "--checkpoint", "LICENSE"], {}, 2, "LICENSE"),
        ("malformed variable", ["check"], {"DATABASE_URL": "nonsense"}, 2, "DATABASE_URL is not a URL like"),
        ("missing variable", ["check"], {"SECRET_KEY": ""}, 2, "SECRET_KEY is missing"),
        ("no server", ["check_permissions"], {}, 1, "The database could not be used"),
    ],
)
def test_a_fault_is_a_sentence(_case: str, arguments: list[str], changed: dict[str, str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=SERVER | changed, capture_output=True, text=True
    )
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr
