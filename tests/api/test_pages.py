"""Health, the start page and the workbench: who sees what, and nothing from elsewhere."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client


@pytest.fixture
def browsers(world):
    """Makes browsers, signed in or not."""

    def make(who=None):
        client = Client()
        if who:
            client.force_login(world.cast.user(who), backend="tenants.authentication.LoginBackend")
        return client

    return make


def test_health_tells_nothing_about_tenants(browsers):
    assert browsers().get("/health/live").json() == {"status": "live"}
    assert browsers().get("/health/ready").json() == {"status": "ready", "database": "answers"}
    assert browsers().post("/health/live").status_code == 405


def test_the_workbench_is_for_those_who_are_signed_in(browsers):
    answer = browsers().get("/graphql/ide")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/graphql/ide")
    assert b"Schema" not in answer.content
    assert browsers("carol").get("/graphql/ide").status_code == 200


@pytest.mark.parametrize("who", [None, "carol", "olga", "petra"])
def test_the_start_page_names_who_is_signed_in(browsers, who):
    page = browsers(who).get("/").content.decode()
    assert ("Sign in</a>" in page) is (who is None)
    assert (who is not None and who.capitalize() in page) is (who is not None)


@pytest.mark.parametrize("address", ["/", "/graphql/ide"])
def test_pages_are_served_from_here_alone_under_a_strict_policy(browsers, address):
    answer = browsers("carol").get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert re.findall(r"\sstyle=|\son\w+=|<script>|<style", page) == []
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [source for source in sources if not source.startswith(("/", "data:,"))] == []
    for source in sources:
        if source.startswith("/static/"):
            text = finders.find(source.removeprefix("/static/"))
            assert text, source
            with open(text) as file:
                # The name of SVG's namespace is no address: nobody asks for it.
                content = file.read().replace('xmlns="http://www.w3.org/2000/svg"', "")
            assert re.findall(r"https?://|innerHTML|eval\(", content) == []


def test_who_works_in_no_tenant_learns_who_he_is_and_reads_no_list(browsers):
    headers = {"GraphQL-Require-Preflight": "1"}

    def ask(query):
        body = {"query": query}
        return browsers("petra").post("/graphql", body, content_type="application/json", headers=headers).json()

    viewer = ask("{ viewer { name kind tenant { slug } teams { id } roles { role } } }")["data"]["viewer"]
    assert viewer == {"name": "Petra", "kind": "operator", "tenant": None, "teams": [], "roles": []}
    for field in ("cases", "grants", "accessEvents", "disclosures"):
        answer = ask(f"{{ {field} {{ nodes {{ id }} }} }}")
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_AVAILABLE"]
    assert ask('{ node(id: "c_aaaaaaaaaaaaaaaaaaaaaaaaaa") { id } }')["data"] == {"node": None}
