"""The three stories, each by the real interface over HTTP: other teams read, an officer revokes, an auditor pulls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .client import AdminClient, Answers, GraphQLClient
from .faults import DemoError
from .questions import CASES, DISCLOSURES, EVENTS, RAW, SHARE, SUBMIT
from .stage import PURPOSE, Stage

OWNERS = {
    "acme/atlas": "alice",
    "acme/zephyr": "dana",
    "borealis/lumen": "carol",
    "borealis/drift": "dave",
    "cobalt/quarry": "trudy",
}
# Who shares what with whom: officer, owner team, recipient team, profile, highest TLP that may leave.
GRANTS = (
    ("olga", "acme/atlas", "borealis/lumen", "partner"),
    ("olga", "acme/atlas", "acme/zephyr", "partner"),
    ("olga", "acme/zephyr", "cobalt/quarry", "public"),
    ("oscar", "borealis/lumen", "acme/atlas", "partner"),
)
HIGHEST_TLP = "AMBER"


@dataclass
class Hub:
    """The running hub as the demo sees it from outside."""

    base_url: str
    stage: Stage
    answers: Answers

    def client(self, who: str, *, kept: bool = True) -> GraphQLClient:
        """Somebody's GraphQL client; `kept` answers are searched for planted values afterwards."""
        return GraphQLClient(self.base_url, self.stage.keys[who], who, self.answers if kept else None)


def submit_cases(hub: Hub, cases: list[dict[str, Any]]) -> dict[str, str]:
    """Every owner submits the cases of his team; the id of each case by its slug."""
    clients = {who: hub.client(who, kept=False) for who in set(OWNERS.values())}
    ids = {}
    for case in cases:
        document = {name: value for name, value in case.items() if name != "team"}
        answer = clients[OWNERS[case["team"]]].ask(
            SUBMIT, {"team": str(hub.stage.teams[case["team"]]), "case": document}
        )["submitCase"]
        if answer["__typename"] != "CaseSubmitted":
            raise DemoError(f"The case {case['source_id']} was not taken: {answer}")
        ids[case["source_id"]] = answer["caseId"]
    return ids


def issue_grants(hub: Hub) -> None:
    """The officers share, inside the template that their tenant has agreed on."""
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    for officer, owner, recipient, profile in GRANTS:
        answer = hub.client(officer).ask(
            SHARE,
            {
                "team": str(hub.stage.teams[owner]),
                "terms": {
                    "recipient": recipient,
                    "profile": profile,
                    "purpose": PURPOSE,
                    "ceilingClass": "RESTRICTED",
                    "ceilingTlp": HIGHEST_TLP,
                    "expiresAt": ends,
                },
            },
        )["issueGrant"]
        if answer.get("state") != "ACTIVE":
            raise DemoError(f"{officer} could not share {owner} with {recipient}: {answer}")


def read_shared(hub: Hub, who: str) -> list[dict[str, Any]]:
    """Everything that somebody may read of other teams, page by page; his own team's cases apart."""
    own = next((team for team, owner in OWNERS.items() if owner == who), "")
    foreign = [node for node in hub.client(who, kept=False).walk(CASES, "cases", page=20) if node["owner"] != own]
    # A team's own cases are no secret to it, and come with its own names in them; the others are searched.
    hub.answers.keep(f"GraphQL answer to {who}", json.dumps(foreign, ensure_ascii=False))
    return foreign


def read_raw(hub: Hub, who: str, case_id: str) -> dict[str, Any]:
    """The raw document, for its owner: the positive control."""
    answer = hub.client(who, kept=False).ask(RAW, {"id": case_id})["rawCase"]
    if answer["__typename"] != "RawCase":
        raise DemoError(f"{who} cannot read the raw of a case of the own team.")
    document: dict[str, Any] = answer["document"]
    return document


def projected_document(node: Mapping[str, Any]) -> dict[str, Any]:
    """What a GraphQL answer says of a case, under the names that its owner wrote it with."""
    return {
        "title": node["title"],
        "summary": node["summary"],
        "write_up": {name: value for name, value in node["writeUp"].items() if value is not None},
        "evidence": [
            {"name": item["name"], "kind": item["kind"], "media_type": item["mediaType"], "payload": item["payload"]}
            for item in node["evidence"]
        ],
    }


def revoke_in_admin(hub: Hub, grant_id: str) -> None:
    """Olga signs in, looks at what is shared with whom, and ends a grant with a reason."""
    stage = hub.stage
    browser = AdminClient(hub.base_url, "olga", hub.answers)
    browser.sign_in("olga@acme.example", stage.passwords["olga"])
    pages = ("", "catalog/case/", "sharing/sharinggrant/", f"sharing/sharinggrant/{grant_id}/change/",
             "sharing/redactionprofile/", "sharing/receipt/")  # fmt: skip
    for page in pages:
        browser.see(f"/admin/{page}")
    browser.send(f"/admin/sharing/sharinggrant/{grant_id}/revoke/", {"reason": "The joint study has ended."})


def pull_record(hub: Hub) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Erin pulls who was shown acme's cases, and what acme's own people did; and looks at both in the admin."""
    client = hub.client("erin")
    disclosures = client.walk(DISCLOSURES, "disclosures", page=100)
    events = client.walk(EVENTS, "accessEvents", page=100)
    browser = AdminClient(hub.base_url, "erin", hub.answers)
    browser.sign_in("erin@acme.example", hub.stage.passwords["erin"])
    for page in ("/admin/", "/admin/audit/accessevent/", "/admin/audit/disclosure/"):
        browser.see(page)
    return disclosures, events
