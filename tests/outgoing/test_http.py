"""Real sockets: what is connected to is what was looked at, and everything ends in time."""

import os
import socket
import time

import pytest

from hub.outgoing.connecting import Deadline, connect
from hub.outgoing.faults import FaultCode, OutgoingFault
from hub.outgoing.http import Limits, send
from tests.outgoing.authority import make_authority
from tests.outgoing.listening import cut, drip, listening, reply

QUICK = Limits(seconds=1.0)


@pytest.fixture
def listener(settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with listening() as listener:
        yield listener


@pytest.fixture
def names(monkeypatch):
    """What the resolver answers, question by question; the last answer stays."""
    answers: dict[str, list[list[str]]] = {}
    asked: list[str] = []

    def resolve(host, port, *_, **__):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in answers:
            return real(host, port, *_, **__)
        asked.append(name)
        found = answers[name].pop(0) if len(answers[name]) > 1 else answers[name][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answers.update(asked=asked)
    return answers


def code_of(*args, **kwargs) -> FaultCode:
    with pytest.raises(OutgoingFault) as caught:
        send(*args, **kwargs)
    return caught.value.code


def test_a_request_arrives_as_it_was_given(listener):
    answer = send("POST", listener.url("/hooks?a=1"), headers={"X-Kind": "test"}, body=b'{"a":1}')
    assert (answer.status, answer.is_accepted, answer.body) == (204, True, b"")
    (asked,) = listener.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hooks?a=1", b'{"a":1}')
    assert asked.headers == {
        "host": f"127.0.0.1:{listener.port}", "user-agent": "Caseward", "accept-encoding": "identity",
        "connection": "close", "x-kind": "test", "content-length": "7",
    }  # fmt: skip


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]"]
)
def test_this_machine_is_not_reached_under_any_spelling(listener, settings, host):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = []
    assert code_of("POST", listener.url(host=host, scheme="https")) is FaultCode.ADDRESS_FORBIDDEN
    assert listener.connections == 0


def test_a_name_is_resolved_once_so_it_cannot_change_between_look_and_connection(listener, names):
    names["rebinding.example"] = [["192.0.2.1"], ["127.0.0.1"]]
    assert code_of("POST", f"https://rebinding.example:{listener.port}/") is FaultCode.ADDRESS_FORBIDDEN
    assert names["asked"] == ["rebinding.example"]
    names["rebinding.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    assert code_of("POST", f"https://rebinding.example:{listener.port}/", limits=QUICK) in {
        FaultCode.CONNECT_FAILED,
        FaultCode.TIMED_OUT,
    }
    assert names["asked"] == ["rebinding.example"] * 2
    assert listener.connections == 0


def test_of_several_addresses_the_forbidden_ones_are_left_out(listener, names):
    names["mixed.example"] = [["127.0.0.1", "10.0.0.1"]]
    assert code_of("GET", f"https://mixed.example:{listener.port}/") is FaultCode.ADDRESS_FORBIDDEN
    names["mixed.example"] = [["127.0.0.1", "93.184.216.34"]]
    code_of("GET", f"https://mixed.example:{listener.port}/", limits=QUICK)
    assert listener.connections == 0


def test_the_connected_peer_is_looked_at_whatever_was_asked_for(listener, monkeypatch, settings):
    """A translating router could answer in another's place."""
    monkeypatch.setattr("hub.outgoing.http.open_addresses", lambda *_: ["127.0.0.1"])
    assert code_of("GET", f"https://public.example:{listener.port}/") is FaultCode.ADDRESS_FORBIDDEN
    assert listener.asked == []


def test_an_allowed_name_opens_its_own_addresses_alone(listener, names, settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["Tickets.Internal.example"]
    names["tickets.internal.example"] = [["127.0.0.1"]]
    names["other.internal.example"] = [["127.0.0.1"]]
    assert send("GET", listener.url(host="tickets.internal.example")).status == 204
    assert code_of("GET", listener.url(host="other.internal.example", scheme="https")) is FaultCode.ADDRESS_FORBIDDEN
    names["tickets.internal.example"] = [["169.254.169.254"]]
    assert code_of("GET", listener.url(host="tickets.internal.example")) is FaultCode.ADDRESS_FORBIDDEN


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/", "ftp://receiver.example/", "https://", "https:///x", "//receiver.example",
        "https://user:word@receiver.example/", "https://receiver.example/#part", "https://receiver.example:25/",
        "https://receiver.example:99999/", "https://exa mple/", "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_an_unusable_address_is_refused_before_anything_is_resolved(monkeypatch, url):
    resolved: list = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: resolved.append(given) or [])
    assert code_of("POST", url) is FaultCode.URL_UNUSABLE
    assert resolved == []


def test_a_redirect_is_an_answer_and_nothing_is_sent_after_it(listener):
    listener.answer = lambda handler: reply(handler, 302, location=listener.url("/stolen"))
    answer = send("POST", listener.url("/hooks"), body=b"secret")
    assert (answer.status, answer.is_accepted) == (302, False)
    assert [asked.path for asked in listener.asked] == ["/hooks"]


def test_a_long_answer_is_cut(listener):
    listener.answer = lambda handler: reply(handler, 200, b"x" * 500_000)
    answer = send("GET", listener.url(), limits=Limits(answer_bytes=1000))
    assert (answer.status, len(answer.body), answer.is_cut) == (200, 1000, True)


def test_a_body_that_nobody_wants_is_not_waited_for(listener):
    listener.answer = lambda handler: drip(handler, seconds=5)
    begun = time.monotonic()
    assert send("POST", listener.url(), limits=Limits(seconds=4, answer_bytes=0)).status == 200
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize(
    "answer",
    [lambda handler: drip(handler, seconds=4), lambda handler: time.sleep(4)],
    ids=["drips", "hangs"],
)
def test_everything_ends_with_the_deadline(listener, answer):
    listener.answer = answer
    begun = time.monotonic()
    assert code_of("POST", listener.url(), limits=QUICK) is FaultCode.TIMED_OUT
    assert time.monotonic() - begun < 3


def test_a_slow_resolver_ends_with_the_deadline(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    assert code_of("GET", "https://slow.example/", limits=Limits(seconds=0.3)) is FaultCode.TIMED_OUT


def test_what_cuts_or_does_not_speak_http_has_a_code(listener):
    listener.answer = cut
    assert code_of("POST", listener.url(), body=b"x") is FaultCode.CUT_OFF
    listener.answer = lambda handler: handler.wfile.write(b"+PONG\r\n\r\n")
    assert code_of("POST", listener.url()) is FaultCode.ANSWER_MALFORMED


def test_nobody_listening_and_unknown_names_have_codes(settings, names, monkeypatch):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert code_of("GET", f"http://127.0.0.1:{closed.getsockname()[1]}/") is FaultCode.CONNECT_FAILED
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror()))
    assert code_of("GET", "https://nobody.example/") is FaultCode.NAME_UNRESOLVED


def test_proxies_and_logins_of_the_environment_are_not_used(listener, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9")
    monkeypatch.setitem(os.environ, "NETRC", str(netrc))
    assert send("GET", listener.url()).status == 204
    assert "authorization" not in listener.asked[0].headers


def test_certificates_are_verified_for_the_name(settings, tmp_path):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    ca_file, context = make_authority(tmp_path)
    with listening(tls=context) as listener:
        trusted, by_number = listener.url(host="localhost", scheme="https"), listener.url(scheme="https")
        assert code_of("GET", trusted) is FaultCode.TLS_FAILED
        settings.CASEWARD_OUTGOING_CA_FILE = ca_file
        assert send("GET", trusted).status == 204
        assert code_of("GET", by_number) is FaultCode.TLS_FAILED
        assert len(listener.asked) == 1


def test_other_protocols_connect_by_the_same_rules(listener, settings):
    with connect("127.0.0.1", listener.port, Deadline(2)) as connected:
        assert connected.getpeername() == ("127.0.0.1", listener.port)
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(OutgoingFault) as caught:
        connect("127.0.0.1", listener.port, Deadline(2))
    assert caught.value.code is FaultCode.ADDRESS_FORBIDDEN
