"""Whatever fails, nothing is vouched for: exceptions, logged failures, missing layers, killed and broken children."""

import logging
import os
import signal
import time

import pytest

from redaction import Budget, DetectionProcess, Withheld, analyse, detection_process, engine
from redaction.detectors import addresses, identifiers, personal_names, pii, places, secrets, structured, vetting

TEXT = "Anna Schmidt lives at 742 Evergreen Terrace, call +49 171 3920017"


@pytest.mark.parametrize(
    "module", [addresses, identifiers, personal_names, places, secrets, structured, vetting], ids=lambda m: m.__name__
)
@pytest.mark.parametrize(
    "failure", [RuntimeError, MemoryError, TimeoutError, UnicodeDecodeError("utf-8", b"", 0, 1, ""), RecursionError]
)
def test_a_failing_detector_withholds(monkeypatch, module, failure):
    def fail(*arguments, **options):
        raise failure

    monkeypatch.setattr(module, "find", fail)
    with pytest.raises(Withheld) as refusal:
        analyse(TEXT)
    assert refusal.value.reason_code in ("detector_failed", "memory")
    assert "Anna" not in str(refusal.value)


def test_what_presidio_only_logs_withholds(monkeypatch):
    def silently(self, text, entities, nlp_artifacts=None):
        logging.getLogger("presidio-analyzer").warning("Regex timeout")
        return []

    monkeypatch.setattr(type(pii.validated_recognisers()._phones), "analyze", silently)
    pii.validated_recognisers()._phones_in.cache_clear()
    with pytest.raises(Withheld) as refusal:
        analyse(TEXT)
    assert refusal.value.reason_code == "detector_failed"


def test_a_missing_layer_withholds(monkeypatch):
    monkeypatch.setattr(engine, "LAYERS", (*engine.LAYERS, "one_more"))
    with pytest.raises(Withheld) as refusal:
        analyse(TEXT)
    assert refusal.value.reason_code == "incomplete"


def test_an_unknown_category_withholds(monkeypatch):
    monkeypatch.setattr(identifiers, "find", lambda text: iter([engine.Span(0, 4, "NEW_KIND", 0.9, "x")]))
    with pytest.raises(Withheld):
        analyse(TEXT)


def test_a_batch_keeps_the_good_ones():
    good, bad, last = engine.analyse_many([TEXT, "x\x00", TEXT])
    assert good == last == analyse(TEXT)
    assert isinstance(bad, Withheld)


@pytest.fixture(scope="module")
def process():
    with DetectionProcess(Budget(seconds=20)) as child:
        yield child


def test_the_child_answers_like_this_process(process):
    assert process.analyse(TEXT) == analyse(TEXT)
    results = process.analyse_many([TEXT, "x\x00", {"a": [1, None, True]}])
    assert [type(result).__name__ for result in results] == ["Analysis", "Withheld", "Analysis"]


@pytest.mark.parametrize("document", [float("nan"), object(), {"a": b"x"}])
def test_what_is_no_json_is_withheld(process, document):
    with pytest.raises(Withheld) as refusal:
        process.analyse(document)
    assert refusal.value.reason_code == "undecodable"


def test_a_killed_child_is_replaced(process):
    process.analyse(TEXT)
    os.kill(process._child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process._child.pid, os.WEXITED | os.WNOWAIT)  # dead, and left for its owner to notice
    assert process.analyse(TEXT) == analyse(TEXT)


def test_a_child_killed_at_work_withholds(process, monkeypatch):
    process.analyse(TEXT)
    send, receive = process._send, process._receive

    def stop_then_send(child, message, deadline):
        # However busy the machine is, the child has not answered yet when it is killed.
        os.kill(child.pid, signal.SIGSTOP)
        send(child, message, deadline)

    def kill_then_receive(child, deadline):
        os.kill(child.pid, signal.SIGKILL)
        return receive(child, deadline)

    monkeypatch.setattr(process, "_send", stop_then_send)
    monkeypatch.setattr(process, "_receive", kill_then_receive)
    with pytest.raises(Withheld) as refusal:
        process.analyse(TEXT)
    assert refusal.value.reason_code == "process_failed"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[1, 2]",
        b'[{"findings": [[1]]}]',
        b'[{"findings": null}]',
        b"\xff\xfe",
        b'[{"findings": []}]',
    ],
)
def test_a_broken_answer_withholds(process, monkeypatch, answer):
    process.analyse(TEXT)
    monkeypatch.setattr(process, "_receive", lambda child, deadline: answer)
    monkeypatch.setattr(process, "close", lambda: None)
    with pytest.raises(Withheld) as refusal:
        process._ask([TEXT])
    assert refusal.value.reason_code == "process_failed"
    # The true answer still waits in the pipe; take it, so that the next document gets its own.
    monkeypatch.undo()
    process._receive(process._child, time.monotonic() + 60)


def test_over_time_is_killed_and_withheld(process, monkeypatch):
    process.analyse(TEXT)
    pid = process._child.pid
    monkeypatch.setattr(process, "budget", Budget(seconds=0.001))
    with pytest.raises(Withheld) as refusal:
        process.analyse([f"Anna Schmidt wrote {i}" for i in range(300)])
    assert refusal.value.reason_code == "timeout"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_over_memory_is_killed_and_withheld(process, monkeypatch):
    process.analyse(TEXT)
    monkeypatch.setattr(detection_process, "_resident_mb", lambda pid: 10**6)
    with pytest.raises(Withheld) as refusal:
        process.analyse([f"Bob Miller wrote {i}" for i in range(300)])
    assert refusal.value.reason_code == "memory"
