"""Each connector against a stub of its system on 127.0.0.1 that answers as the recorded answers do."""

import hashlib
import hmac
import json
import re
import socketserver
import threading
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from hub.escalation.connectors import CONNECTORS
from hub.escalation.connectors.contract import (
    ComparableConnector,
    Content,
    Message,
    NotAccepted,
    Target,
    TwoWayConnector,
)
from hub.outgoing.signing import BadSignature, new_secret, sign
from tests.outgoing.listening import listening, reply

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTENT = Content(
    message_id="m1", kind="ticket.opened", occurred_at=NOW, tenant="acme", title="Refunds <go> & astray",
    summary="PERSON_1 asked for a refund.", tlp="GREEN", data_class="internal", severity="high", case="c_abc",
    link="https://hub.example/t/1", ticket="11111111-2222", state="open",
)  # fmt: skip
ISSUE = {"number": 7, "state": "open", "updated_at": "2026-03-01T12:00:00Z", "html_url": "https://github.example/i/7"}


@pytest.fixture
def system(settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with listening() as listener:
        yield listener


def answering(system, routes):
    """Answer by method and path; what is not named is 404."""

    def answer(handler):
        found = next(
            (a for (m, p), a in routes.items() if m == handler.command and re.fullmatch(p, handler.path)), None
        )
        status, body = found if found else (404, {})
        reply(handler, status, b"" if body is None else json.dumps(body).encode())

    system.answer = answer


def message(kind, body, attempt=1):
    return Message("m1", kind, body, attempt, datetime.now(UTC), CONTENT.ticket)


def told(kind, **changes):
    return Content(**{name: getattr(CONTENT, name) for name in Content.__slots__} | {"kind": kind} | changes)


def test_github_opens_an_issue_once_even_when_the_answer_was_lost(system):
    connector, settings = CONNECTORS["github"], {"repository": "acme/models", "api": system.url("")}
    body = connector.render(CONTENT, settings)
    assert json.loads(body) == {
        "title": "Refunds <go> & astray", "labels": ["caseward"],
        "body": "PERSON_1 asked for a refund.\n\nTLP:GREEN\n\nhttps://hub.example/t/1\n\n"
        "<!-- caseward-delivery: m1 -->",
    }  # fmt: skip
    target = Target(settings, ("ghp_token123",))
    answering(system, {("POST", r"/repos/acme/models/issues"): (201, ISSUE)})
    sent = connector.send(message("ticket.opened", body), target)
    assert (sent.external_id, sent.external_state, sent.external_url) == ("7", "open", "https://github.example/i/7")
    assert system.asked[0].headers["authorization"] == "Bearer ghp_token123"
    listed = [{"number": 6, "state": "open", "body": "other"}, ISSUE | {"body": json.loads(body)["body"]}]
    answering(system, {("GET", r"/repos/acme/models/issues\?.*"): (200, listed)})
    assert connector.send(message("ticket.opened", body, attempt=2), target).external_id == "7"
    assert [asked.method for asked in system.asked] == ["POST", "GET"]


def test_github_closes_reopens_and_comments(system):
    connector, settings = CONNECTORS["github"], {"repository": "acme/models", "api": system.url("")}
    target = Target(settings, ("ghp_token123",), external_id="7")
    answering(system, {
        ("PATCH", r"/repos/acme/models/issues/7"): (200, ISSUE | {"state": "closed"}),
        ("POST", r"/repos/acme/models/issues/7/comments"): (201, {"id": 1}),
    })  # fmt: skip
    for kind, state, expected in (
        ("ticket.changed", "resolved", {"state": "closed", "state_reason": "completed"}),
        ("ticket.reopened", "open", {"state": "open"}),
    ):
        body = connector.render(told(kind, state=state), settings)
        assert connector.send(message(kind, body), target).status == 200
        assert json.loads(system.asked[-1].body) == expected
    body = connector.render(told("ticket.commented"), settings)
    assert connector.send(message("ticket.commented", body), target).status == 201
    answering(system, {
        ("GET", r"/repos/acme/models/issues/7/comments\?.*"): (200, [{"body": json.loads(body)["body"]}]),
    })  # fmt: skip
    again = Message("m1", "ticket.commented", body, 2, datetime.now(UTC), CONTENT.ticket, queued_at=NOW)
    assert connector.send(again, target).status == 200
    assert parse_qs(urlsplit(system.asked[-1].path).query)["since"] == ["2026-03-01T11:50:00Z"]
    with pytest.raises(NotAccepted, match="not_opened_there_yet"):
        connector.send(message("ticket.commented", body), Target(settings, ("ghp_token123",)))


def test_github_is_believed_by_its_signature_alone(system):
    connector = CONNECTORS["github"]
    event = {"action": "closed", "issue": ISSUE | {"state": "closed"}, "repository": {"full_name": "Acme/models"}}
    body = json.dumps(event).encode()
    signature = "sha256=" + hmac.new(b"a-shared-secret-1", body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": "d-1"}
    assert connector.verify(headers, body, ("other", "a-shared-secret-1")) == hashlib.sha256(body).hexdigest()
    for wrong, content in ((headers, body + b" "), ({}, body), (headers | {"X-Hub-Signature-256": "sha256=é"}, body)):
        with pytest.raises(BadSignature):
            connector.verify(wrong, content, ("a-shared-secret-1",))
    assert connector.read_inbound(body, {"repository": "acme/other"}) is None
    found = connector.read_inbound(body, {"repository": "acme/models"})
    assert (found.external_id, found.state, found.version) == ("7", "resolved", "2026-03-01T12:00:00Z")
    answering(system, {("GET", r"/repos/a/b/issues/7"): (200, ISSUE)})
    target = Target({"repository": "a/b", "api": system.url("")}, ("token-123",), external_id="7")
    assert connector.fetch(target).state == "open"
    answering(system, {})
    assert connector.fetch(target) is None


def test_a_dispatch_starts_a_workflow_and_a_test_starts_nothing(system):
    connector = CONNECTORS["dispatch"]
    settings = {"repository": "acme/models", "event": "caseward-retraining", "api": system.url("")}
    answering(
        system, {("POST", r"/repos/acme/models/dispatches"): (204, None), ("GET", r"/repos/acme/models"): (200, {})}
    )
    body = connector.render(told("retraining.requested", payload={"model": "m"}), settings)
    assert connector.send(message("retraining.requested", body), Target(settings, ("token-123",))).status == 204
    assert json.loads(system.asked[0].body) == {
        "event_type": "caseward-retraining",
        "client_payload": {"id": "m1", "kind": "retraining.requested", "case": "c_abc", "ticket": "11111111-2222",
                           "link": "https://hub.example/t/1", "detail": {"model": "m"}},
    }  # fmt: skip
    assert connector.send(message("test", body), Target(settings, ("token-123",))).status == 200
    assert [asked.method for asked in system.asked] == ["POST", "GET"]


def test_jira_creates_moves_and_finds_what_it_has_created(system):
    connector = CONNECTORS["jira"]
    settings = {"url": system.url(""), "project": "ML", "issue_type": "Task", "user": "bot@acme.example"}
    target = Target(settings, ("api-token-1",))
    status = {"statusCategory": {"key": "indeterminate"}}
    routes = {
        ("POST", r"/rest/api/2/issue"): (201, {"key": "ML-7"}),
        ("GET", r"/rest/api/2/search/jql\?.*"): (200, {"issues": [{"key": "ML-7"}], "isLast": True}),
        ("GET", r"/rest/api/2/issue/ML-7\?.*"): (200, {"key": "ML-7", "fields": {"status": status, "updated": "v1"}}),
        ("GET", r"/rest/api/2/issue/ML-7/transitions"): (200, {"transitions": [
            {"id": "11", "to": {"statusCategory": {"key": "new"}}},
            {"id": "31", "to": {"statusCategory": {"key": "done"}}},
        ]}),
        ("POST", r"/rest/api/2/issue/ML-7/transitions"): (204, None),
    }  # fmt: skip
    answering(system, routes)
    body = connector.render(CONTENT, settings)
    assert json.loads(body)["fields"]["labels"] == ["caseward", "caseward-m1"]
    assert connector.send(message("ticket.opened", body), target).external_id == "ML-7"
    assert system.asked[0].headers["authorization"].startswith("Basic ")
    assert connector.send(message("ticket.opened", body, attempt=2), target).external_id == "ML-7"
    assert [asked.method for asked in system.asked] == ["POST", "GET"]
    assert parse_qs(urlsplit(system.asked[1].path).query)["jql"] == ['labels = "caseward-m1"']
    routes[("GET", r"/rest/api/2/search\?.*")] = (200, {"issues": [{"key": "ML-7"}], "total": 1})
    on_premises = Target(settings | {"user": ""}, ("personal-access-token",))
    assert connector.send(message("ticket.opened", body, attempt=2), on_premises).external_id == "ML-7"
    assert system.asked[-1].headers["authorization"] == "Bearer personal-access-token"
    there = Target(settings, ("api-token-1",), external_id="ML-7")
    closing = connector.render(told("ticket.changed", state="closed"), settings)
    assert connector.send(message("ticket.changed", closing), there).external_state == "resolved"
    assert json.loads(system.asked[-1].body) == {"transition": {"id": "31"}}
    assert connector.fetch(there).state == "in_progress"
    same = connector.render(told("ticket.changed", state="in_progress"), settings)
    assert connector.send(message("ticket.changed", same), there).status == 200
    event = json.dumps({"issue": {"key": "ML-7", "fields": {"status": {"statusCategory": {"key": "done"}}}}}).encode()
    signature = "sha256=" + hmac.new(b"a-shared-secret-1", event, hashlib.sha256).hexdigest()
    given = {"X-Hub-Signature": signature, "X-Atlassian-Webhook-Identifier": "w1"}
    assert connector.verify(given, event, ("a-shared-secret-1",)) == hashlib.sha256(event).hexdigest()
    with pytest.raises(BadSignature):
        connector.verify(given, event + b" ", ("a-shared-secret-1",))
    assert connector.read_inbound(event, settings).state == "resolved"


def test_slack_gets_title_tlp_and_link_and_mentions_nobody(system):
    connector = CONNECTORS["slack"]
    body = connector.render(told("notification", title="<!channel> a & b"), {})
    assert json.loads(body) == {"text": "&lt;!channel&gt; a &amp; b [TLP:GREEN] https://hub.example/t/1"}
    connector.send(
        message("notification", body), Target({}, (system.url("/services/T/B/x"), "https://former.example/"))
    )
    assert [asked.path for asked in system.asked] == ["/services/T/B/x"]


class MailServer(socketserver.StreamRequestHandler):
    """As much SMTP as one e-mail needs."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            if data:
                data = line != b".\r\n"
                self.server.got.append(line)
                if not data:
                    self.wfile.write(b"250 taken\r\n")
                continue
            verb = line[:4].upper()
            data = verb == b"DATA"
            refused = verb == b"RCPT" and b"nobody@" in line
            self.wfile.write(b"354 go on\r\n" if data else b"550 no\r\n" if refused else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def mail_server(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        server.got = []
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.server_address[1], False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_an_e_mail_says_title_tlp_and_link(mail_server):
    connector, settings = CONNECTORS["email"], {"to": "oncall@acme.example"}
    body = connector.render(told("notification"), settings)
    assert connector.send(message("notification", body), Target(settings)).status is None
    mail = b"".join(mail_server.got).decode()
    assert "Subject: [TLP:GREEN] Refunds <go> & astray" in mail
    assert "Message-ID: <m1@caseward>" in mail
    assert "https://hub.example/t/1" in mail
    assert "PERSON_1" not in mail
    with pytest.raises(NotAccepted) as caught:
        connector.send(message("notification", body), Target({"to": "nobody@acme.example"}))
    assert (caught.value.code, caught.value.is_final) == ("mail_refused", True)


def test_no_mail_server_is_said(settings):
    settings.EMAIL_HOST = ""
    with pytest.raises(NotAccepted, match="mail_not_configured"):
        CONNECTORS["email"].send(message("notification", "{}"), Target({"to": "a@b.example"}))


def test_a_webhook_tells_back_how_a_ticket_stands():
    connector, secret = CONNECTORS["webhook"], new_secret()
    event = {"type": "dev.caseward.ticket.state_changed", "time": "t1", "data": {"ticket": "11", "state": "closed"}}
    body = orjson.dumps(event)
    assert connector.verify(sign("b1", body, [secret], at=datetime.now(UTC)), body, (secret,)) == "b1"
    assert connector.read_inbound(body, {}).state == "closed"
    for other in ({}, [], event | {"type": "x"}, event | {"data": {"ticket": "11", "state": "on fire"}}):
        assert connector.read_inbound(orjson.dumps(other), {}) is None


def test_which_kinds_have_a_way_back_is_said_by_their_type():
    ways = {
        kind: (
            isinstance(connector, TwoWayConnector),
            isinstance(connector, ComparableConnector),
            connector.has_tickets,
        )
        for kind, connector in CONNECTORS.items()
    }
    assert ways == {
        "webhook": (True, False, True), "github": (True, True, True), "jira": (True, True, True),
        "dispatch": (False, False, False), "slack": (False, False, False), "email": (False, False, False),
    }  # fmt: skip
    for kind in ("dispatch", "slack", "email"):
        assert not {"verify", "read_inbound", "fetch"} & set(dir(CONNECTORS[kind]))


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [
        ("webhook", {}, "url"), ("webhook", {"url": "http://10.0.0.1/"}, "url"),
        ("webhook", {"url": "x", "to": "y"}, "to"),
        ("github", {"repository": "no-slash"}, "repository"), ("github", {"repository": "a/.."}, "repository"),
        ("github", {"repository": "a/b", "api": "ftp://x"}, "api"), ("dispatch", {"repository": "a/b"}, "event"),
        ("jira", {"url": "https://j.example", "project": "ml", "issue_type": "Task"}, "project"),
        ("jira", {"url": "https://u:p@j.example", "project": "ML", "issue_type": "Task"}, "url"),
        ("email", {"to": "not an address"}, "to"), ("email", {"to": "a@b.example\nBcc: c@d.example"}, "to"),
        ("slack", {"channel": 7}, "channel"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_settings_is_said_at_the_setting(kind, settings, name):
    assert [found for found, _ in CONNECTORS[kind].problems(settings)][:1] == [name]
