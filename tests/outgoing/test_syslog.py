"""Syslog to a real collector: the form of RFC 5424, whole frames, verified TLS, and a receipt by closing."""

import re
import socket
import struct
import threading
from datetime import UTC, datetime

import pytest

from hub.outgoing.faults import FaultCode, OutgoingFault
from hub.outgoing.syslog import Severity, format_message, read_collector, send_messages
from hub.outgoing.urls import UnusableUrl
from tests.outgoing.authority import make_authority
from tests.outgoing.collecting import collecting

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]


def message(number, text="{}"):
    return format_message(
        text,
        severity=Severity.INFORMATIONAL,
        moment=MOMENT,
        message_id="case.read",
        sequence=number,
        host="hub.example",
    )


def test_a_message_has_the_form_of_rfc_5424():
    written = message(41, '{"a": "é"}')
    assert written.decode() == (
        '<110>1 2026-03-04T05:06:07.000089Z hub.example caseward - case.read [meta sequenceId="42"] {"a": "é"}'
    )
    header = r"<\d{1,3}>1 \S+ [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} \[meta sequenceId=\"\d+\"\] "
    odd = format_message(
        "x", severity=Severity.WARNING, moment=MOMENT, message_id="a b\n" * 20, sequence=2**40, host="é \n"
    ).decode()
    assert re.match(header, odd)
    assert odd.startswith("<108>1 2026-03-04T05:06:07.000089Z - caseward - abababab")
    assert 1 <= int(re.search(r'sequenceId="(\d+)"', odd)[1]) <= 2_147_483_647


@pytest.mark.parametrize("is_tls", [False, True])
def test_a_batch_arrives_in_whole_frames(is_tls, tmp_path, settings):
    settings.CASEWARD_OUTGOING_CA_FILE, tls = make_authority(tmp_path)
    sent = [message(number, "é" * number) for number in range(300)]
    with collecting(tls=tls if is_tls else None) as collector:
        address = f"tls://localhost:{collector.port}" if is_tls else f"tcp://127.0.0.1:{collector.port}"
        send_messages(address, sent, seconds=10)
        assert collector.batches == [sent]


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path, settings):
    settings.CASEWARD_OUTGOING_CA_FILE = ""
    _, tls = make_authority(tmp_path)
    with collecting(tls=tls) as collector:
        with pytest.raises(OutgoingFault) as fault:
            send_messages(f"tls://localhost:{collector.port}", [message(1)], seconds=10)
        assert (fault.value.code, collector.batches) == (FaultCode.TLS_FAILED, [])


def test_a_collector_that_breaks_off_has_taken_nothing():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def reset():
        stream, _ = listener.accept()
        stream.recv(10)
        # Closing with bytes unread, at once: the sender is told that they were not taken.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()

    thread = threading.Thread(target=reset)
    thread.start()
    with pytest.raises(OutgoingFault) as fault:
        send_messages(f"tcp://127.0.0.1:{listener.getsockname()[1]}", [message(1)] * 100, seconds=10)
    thread.join()
    listener.close()
    assert fault.value.code is FaultCode.CUT_OFF


def test_a_collector_that_never_closes_has_not_confirmed():
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(OutgoingFault) as fault:
        send_messages(f"tcp://127.0.0.1:{listener.getsockname()[1]}", [message(1)], seconds=0.3)
    assert fault.value.code is FaultCode.TIMED_OUT


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tls://siem.example", None),
        ("tls://siem.example:6514", None),
        ("tcp://127.0.0.1", None),
        ("tcp://siem.example:601", "must begin with tls://"),
        ("tls://siem.example:25", "belongs to another service"),
        ("https://siem.example", "such as tls://"),
        ("tls://user@siem.example", "such as tls://"),
        ("tls://siem.example/path", "such as tls://"),
        ("tls://siem.example:port", "such as tls://"),
        ("tls://siem.example:99999", "such as tls://"),
        ("", "such as tls://"),
    ],
)
def test_addresses_are_checked_in_words(address, said):
    if said is None:
        assert read_collector(address).port in {6514, 601}
    else:
        with pytest.raises(UnusableUrl, match=said):
            read_collector(address)


def test_a_private_host_is_not_reached(settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(OutgoingFault) as fault:
        send_messages("tls://127.0.0.1:6514", [message(1)], seconds=5)
    assert fault.value.code is FaultCode.ADDRESS_FORBIDDEN
