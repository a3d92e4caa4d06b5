"""Promise 1: raw text stays in its tables: no log, session, message or other table keeps a piece of it on the side."""

import os
import zlib
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from tests.promises.asking import CASE, LIST, RAW
from tests.promises.background import owner_rows, unfinished, wait_until
from tests.promises.running import running_hub
from tests.promises.test_nudges import SUBMIT
from tests.world import owner_connection

# What the owners wrote; everything else is to be clean of it.
RAW_TABLES = {"catalog_casetext", "catalog_evidencebody", "catalog_caseversion"}
# The internal profile leaves people readable to the owner's own team, and nobody else is shown it.
LEFT_READABLE = {"person", "email", "phone", "address"}
PAGES = (
    "catalog/case", "sharing/projection", "catalog/breakglass", "sharing/sharinggrant", "sharing/sharinggroup",
    "sharing/accessrequest", "sharing/receipt", "sharing/redactionprofile", "lifecycle/policy",
    "lifecycle/policyversion", "retention/legalhold", "retention/erasurerequest", "retention/storagereport",
    "audit/accessevent", "audit/disclosure", "tenants/membership", "tenants/invitation", "tenants/servicetoken",
    "tenants/team", "tenants/tenant", "tenants/user", "tenants/trusteddocument",
)  # fmt: skip
ROW_LINK = '/change/"'


@pytest.fixture(scope="module")
def used(ask, tmp_path_factory):
    """The hub, running as it does, after everybody has used every page and query with canaries at hand."""
    world = ask.world
    folder = tmp_path_factory.mktemp("remnants")
    with running_hub(folder) as hub:
        messages = use(hub, ask)
        wait_until(lambda: unfinished() == 0, seconds=90, what=hub.background.tails)
        messages += hub.background.dump()
        yield hub, messages, world


def use(hub, ask):
    """Everything that puts raw text near something that might keep it; what the broker held meanwhile."""
    world, canaries = ask.world, ask.world.canaries
    tokens = {who: ask.token(who) for who in ("alice", "bob", "dana", "rita", "carol", "dave", "trudy", "olga", "erin")}
    team = str(world.cast.team("acme/atlas").pk)
    messages = b""
    for number in range(3):
        case = canaries.case(f"used-{number}")
        case["title"] += f" {number}"
        assert hub.ask("alice", tokens["alice"], SUBMIT, team=team, case=case)["submitCase"]["caseId"]
        messages += hub.background.dump()
    # Inputs that are refused hold raw text too.
    spoilt = canaries.case("spoilt") | {"title": canaries["person"] * 100}
    hub.ask("alice", tokens["alice"], SUBMIT, team=team, case=spoilt)
    hub.ask("carol", tokens["carol"], SUBMIT, team=team, case=canaries.case("elsewhere"))
    person, email, key = canaries["person"], canaries["email"], canaries["key"]
    for query in (
        f'{{ cases(filter: {{text: "{person}"}}) {{ totalCount }} }}',
        f"{{ {person.replace(' ', '_')} }}",
        f'{{ case(id: "{email}") {{ __typename }} }}',
        f'{{ cases(after: "{email}") {{ totalCount }} }}',
        f'{{ cases(first: "{key}") {{ totalCount }} }}',
        f"{{ cases {{ {email}",
    ):
        for who in ("alice", "carol"):
            hub.post(who, tokens[who], {"query": query})
            hub.post(who, tokens[who], {"query": LIST, "variables": {"unused": canaries["email"]}})
    for who, token in tokens.items():
        hub.post(who, token, {"query": LIST})
        hub.post(who, token, {"query": RAW, "variables": {"id": str(world.cases["atlas"])}})
        hub.post(who, token, {"query": CASE, "variables": {"id": str(world.cases["atlas"])}})
    with httpx.Client(base_url=hub.base_url, timeout=60) as client:
        signed = {"Authorization": f"Bearer {tokens['alice']}"}
        client.get(f"/graphql?query={quote(person)}", headers=signed)
        client.get(f"/nowhere?name={quote(person)}&mail={quote(email)}")
        client.post(
            f"/cases/{world.cases['atlas']}/evidence", content=canaries["email"].encode(),
            headers=signed | {"Content-Type": "text/plain"},
        )  # fmt: skip
    for who in ("olga", "omar", "erin", "rita", "petra"):
        visit(hub, world, who)
    with hub.browser("a stranger") as browser:
        browser.send("/admin/login/", username=canaries["email"], password=canaries["person"])
        browser.send("/join", invitation=canaries["key"], display_name=canaries["person"], password=canaries["email"])
    return messages


def visit(hub, world, who):
    """Every list, the first row of each, its steps, and a search for a canary."""
    with hub.browser(who, world.cast.user(who).email, world.cast.password(who)) as browser:
        for path in ("/", "/admin/", "/graphql/ide", "/admin/organisation/"):
            browser.see(path)
        for page in PAGES:
            listed = browser.see(f"/admin/{page}/")
            if listed.status_code != 200:
                continue
            link = listed.text.partition(f"/admin/{page}/")[2]
            token = browser.client.cookies.get("csrftoken", "")
            search = {"q": world.canaries["person"], "csrfmiddlewaretoken": token}
            found = browser.client.post(f"/admin/{page}/", data=search, headers={"Referer": str(listed.url)})
            hub.answers.append((who, f"search {page}", found.text))
            for row_id in rows_in(listed.text, page)[:2]:
                row = browser.see(f"/admin/{page}/{row_id}/change/")
                for step in steps_in(row.text, page, row_id):
                    browser.see(f"/admin/{page}/{row_id}/{step}/")
            assert link is not None


def rows_in(text, page):
    start = f'href="/admin/{page}/'
    parts = [part.split('"')[0] for part in text.split(start)[1:]]
    return list(dict.fromkeys(part.split("/")[0] for part in parts if len(part.split("/")[0]) == 36))


def steps_in(text, page, row_id):
    start = f'href="/admin/{page}/{row_id}/'
    parts = {part.split('"')[0].strip("/") for part in text.split(start)[1:]}
    return sorted(part for part in parts if part and "/" not in part and part != "change")


def leaks(canaries_of, content):
    """What stands in a text of anybody's canaries."""
    return sorted({leak.planted.category for canaries in canaries_of.values() for leak in canaries.found_in(content)})


def test_the_pages_were_used(used):
    hub, _, world = used
    seen = {(who, path) for who, path, text in hub.answers if "went wrong on our side" not in text}
    for who, page in (("olga", "catalog/case"), ("erin", "audit/accessevent"), ("petra", "tenants/tenant")):
        assert (who, f"/admin/{page}/") in seen
        assert any(visitor == who and path.startswith(f"/admin/{page}/") and "change" in path for visitor, path in seen)
    raw = [text for who, path, text in hub.answers if who == "alice" and '"RawCase"' in text]
    assert len(raw) == 1
    assert set(leaks(world.canaries_of, raw[0])) == {category for category, _ in world.canaries.values.values()}


def test_no_page_and_no_answer_shows_a_stranger_a_canary(used):
    hub, _, world = used
    own = {
        "alice": "acme/atlas",
        "bob": "acme/atlas",
        "dana": "acme/zephyr",
        "rita": "acme/zephyr",
        "carol": "borealis/lumen",
    }
    # A page that repeats what its own visitor has just typed discloses nothing.
    typed = ("/admin/login/", "/join")
    found = [
        (who, path, categories)
        for who, path, text in {*hub.answers}
        if path not in typed and not path.startswith("search ") and '"errors"' not in text
        for categories in [leaks({team: c for team, c in world.canaries_of.items() if team != own.get(who)}, text)]
        if categories
    ]
    assert found == []


def test_no_log_has_a_canary(used):
    hub, _, world = used
    logs = {path.name: path.read_bytes() for path in hub.logs.glob("*.log")}
    assert set(logs) == {"web.log", "worker.log", "keeper.log", "beat.log"}
    assert all(len(logs[name]) > 500 for name in ("web.log", "worker.log", "beat.log"))
    logs |= {str(path): path.read_bytes() for path in server_logs()}
    assert {name: leaks(world.canaries_of, content) for name, content in logs.items()} == {name: [] for name in logs}


def server_logs():
    """The logs of the servers that this run started itself."""
    folder = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"]).get("host", "")
    known = Path(os.environ.get("CASEWARD_TEST_LOGS", folder or "/nonexistent"))
    return sorted(known.glob("*.log")) if known.is_absolute() and known.exists() else []


def test_no_message_has_a_canary(used):
    _, messages, world = used
    assert b"_kombu" in messages
    assert leaks(world.canaries_of, messages) == []


def test_no_session_has_a_canary(used):
    _, _, world = used
    rows = owner_rows("SELECT session_key, session_data FROM django_session")
    assert len(rows) >= 5
    for _, data in rows:
        assert leaks(world.canaries_of, str(SessionStore().decode(data))) == []


def tables():
    with connections["owner"].cursor() as owner:
        owner.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'audit') ORDER BY 1, 2"
        )
        return [(schema, name) for schema, name in owner.fetchall() if name not in RAW_TABLES]


def dump(connection, source):
    with connection.cursor() as cursor, cursor.copy(f"COPY {source} TO STDOUT") as copy:
        return b"".join(bytes(block) for block in copy)


def test_no_other_table_has_a_canary(used):
    _, _, world = used
    found, sizes = {}, {}
    with owner_connection() as owner:
        internal = "SELECT id FROM sharing_redactionprofile WHERE slug = 'internal'"
        for schema, name in tables():
            if schema == "audit":
                owner.execute("SET ROLE caseward_keeper")
            source = f"{schema}.{name}"
            if name == "sharing_projection":
                columns = owner.execute(
                    "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = 'sharing_projection'::regclass"
                    " AND attnum > 0 AND NOT attisdropped"
                ).fetchone()[0]
                own = dump(owner, f"(SELECT {columns} FROM sharing_projection WHERE profile_id IN ({internal}))")
                assert set(leaks(world.canaries_of, own)) <= LEFT_READABLE
                source = f"(SELECT {columns} FROM sharing_projection WHERE profile_id NOT IN ({internal}))"
            content = dump(owner, source)
            sizes[name] = len(content)
            if categories := leaks(world.canaries_of, content):
                found[f"{schema}.{name}"] = categories
            owner.execute("RESET ROLE")
        raw = dump(owner, "catalog_casetext")
    assert found == {}
    assert sizes["sharing_projection"] > 10_000
    assert sum(size for name, size in sizes.items() if name.startswith("access_event")) > 5_000
    assert set(leaks(world.canaries_of, raw)) >= {"person", "email", "iban"}  # the search finds what is there
    assert zlib.crc32(raw)
