"""Child processes: logs, health, an orderly stop, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.embedded.faults import EmbeddedError
from hub.embedded.processes import ProcessGroup, find_running, start_process

ROOT = Path(__file__).resolve().parents[2]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(name, code, folder, **options):
    return start_process(name, [sys.executable, "-c", code], log_folder=folder, **options)


def test_output_goes_to_the_log_and_the_environment_is_the_given_one(tmp_path):
    code = "import os; print(os.environ['GREETING'], os.environ.get('HOME'))"
    process = python("talker", code, tmp_path, env={"GREETING": "hello"})
    assert process.popen.wait(10) == 0
    assert process.log_tail() == "hello None"
    assert process.log == tmp_path / "talker.log"


def test_a_process_that_ends_before_it_is_ready_shows_its_log(tmp_path):
    process = python("broken", "raise SystemExit('no such setting')", tmp_path)
    with pytest.raises(EmbeddedError, match=r"(?s)broken ended with code 1:.*no such setting"):
        process.wait_until(lambda: False, timeout=10)


def test_a_process_that_never_becomes_ready(tmp_path):
    with ProcessGroup() as group:
        process = group.add(python("slow", "import time; time.sleep(60)", tmp_path))
        with pytest.raises(EmbeddedError, match="slow did not become ready within 0 s"):
            process.wait_until(lambda: False, timeout=0.2)


def test_program_that_is_not_there(tmp_path):
    with pytest.raises(EmbeddedError, match="ghost could not be started: No such file"):
        start_process("ghost", ["/nonexistent/ghost"], log_folder=tmp_path)


def test_stopping_insists(tmp_path):
    process = python("stubborn", STUBBORN, tmp_path, patience=0.5)
    process.wait_until(lambda: "up" in process.log_tail())
    assert process.stop() == -signal.SIGKILL


def test_group_stops_everything_even_when_one_has_ended(tmp_path):
    with ProcessGroup() as group:
        long = group.add(python("long", "import time; time.sleep(60)", tmp_path))
        short = group.add(python("short", "pass", tmp_path))
        short.popen.wait(10)
        assert group.find_ended() is short
        assert long.is_running
    assert long.popen.returncode == -signal.SIGTERM


def test_children_die_with_a_killed_parent(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from hub.embedded.processes import start_process\n"
        "argv = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"p = start_process('child', argv, log_folder=Path({str(tmp_path)!r}))\n"
        "print(p.popen.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert find_running(child, ["time.sleep(60)"])
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while find_running(child, ["time.sleep(60)"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_reused_process_id_is_not_taken_for_ours():
    assert find_running(os.getpid(), ["python"])
    assert not find_running(os.getpid(), ["python", "/no/such/data"])
