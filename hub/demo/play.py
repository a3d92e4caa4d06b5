"""Plays the demo on running servers: stage, cases, processes, three stories, and the search for what was planted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.embedded.processes import ProcessGroup
from hub.sharing.models import GrantCoverage, Projection, SharingGrant
from hub.workflows.keeping import verify_record
from tenants.actors import system_actor
from tenants.scoping import acting_as

from . import scenes
from .cases import build_demo_cases
from .client import Answers
from .faults import DemoError
from .planting import Planter, plant
from .processes import free_port, start_hub
from .scanning import Scanner, kept_share
from .stage import Stage, set_stage
from .verdict import Verdict, judge, search_everywhere, show_before_and_after, show_side_by_side, show_verdict

PATIENCE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Cast:
    """What the later scenes need of the earlier ones."""

    hub: scenes.Hub
    cases: dict[str, dict[str, Any]]
    case_ids: dict[str, str]


def play(
    processes: ProcessGroup,
    *,
    folder: Path,
    wished_port: int,
    console: Console,
    goes_on: Callable[[Verdict], bool],
) -> Verdict:
    """The whole play; the servers run before it, and after it where `goes_on` says so: then the logins are shown."""
    stage = set_stage()
    console.print(f"[green]✓[/] {len(stage.tenants)} tenants, {len(stage.teams)} teams, {len(stage.users)} people")
    port = free_port(wished_port)
    with console.status("Starting web server, worker, keeper and beat …"):
        start_hub(processes, port=port, log_folder=folder)
    hub = scenes.Hub(f"http://127.0.0.1:{port}", stage, Answers())
    other = f"  [dim](port {wished_port} is taken)[/]" if port != wished_port else ""
    console.print(f"[green]✓[/] The hub answers at {hub.base_url}{other}")

    planter = plant()
    cases = build_demo_cases(planter)
    with console.status(f"Submitting {len(cases)} cases over GraphQL …"):
        case_ids = scenes.submit_cases(hub, cases)
        scenes.issue_grants(hub)
    console.print(
        f"[green]✓[/] {len(cases)} cases submitted by their teams, with {len(planter.distinct_values())} values planted"
        f" in {len(planter.planted)} places; {len(scenes.GRANTS)} grants issued"
    )
    _wait_for_projections(stage, console)

    play_so_far = Cast(hub, {case["source_id"]: case for case in cases}, case_ids)
    kept = _others_read(play_so_far, planter, console)
    _officer_revokes(play_so_far, console)
    _auditor_pulls(play_so_far, console)

    with console.status("Searching every answer, page, log, export and non-raw table …"):
        found = search_everywhere(Scanner(planter.planted), hub.answers, folder)
    verdict = judge(planter, found, kept)
    show_verdict(verdict, hub.answers, console)
    if goes_on(verdict):
        _show_logins(hub, console)
    return verdict


def _wait_for_projections(stage: Stage, console: Console) -> None:
    with Progress(
        TextColumn("  Redacting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=None)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            states = Counter[str]()
            for tenant_id in stage.tenants.values():
                states.update(_states(tenant_id))
            done = sum(states.values()) - states["pending"]
            progress.update(task, completed=done, total=sum(states.values()))
            if states["pending"] == 0:
                break
            if time.monotonic() > deadline:
                raise DemoError(f"After {PATIENCE_SECONDS} s {states['pending']} projections are not built.")
            time.sleep(0.5)
    withheld = f"; {states['withheld']} withheld, because its redaction was not certain" if states["withheld"] else ""
    console.print(f"[green]✓[/] {states['ready']} projections are ready{withheld}")


def _states(tenant_id: UUID) -> Counter[str]:
    with acting_as(system_actor(tenant_id, "demo")):
        return Counter(Projection.objects.filter(tenant_id=tenant_id).values_list("state", flat=True))


def _others_read(so_far: Cast, planter: Planter, console: Console) -> list[float]:
    console.rule("[bold]Other teams read[/]")
    kept: list[float] = []
    slugs = {case_id: slug for slug, case_id in so_far.case_ids.items()}
    known = _public_ids(so_far.hub.stage)
    for who, where in (("carol", "of another tenant"), ("dana", "of another team of the same tenant")):
        nodes = scenes.read_shared(so_far.hub, who)
        console.print(f"[bold]{who}[/], {where}, reads {len(nodes)} cases of {_owners(nodes)} as projections.")
        for node in nodes:
            case = so_far.cases[slugs[known[node["id"]]]]
            source = {name: case[name] for name in ("source_id", "title", "summary", "write_up", "evidence")}
            kept.append(kept_share(source, scenes.projected_document(node), planter.planted))
        if who == "carol" and nodes:
            shown = max(nodes, key=lambda node: _interest(so_far.cases[slugs[known[node["id"]]]], planter))
            raw = scenes.read_raw(so_far.hub, "alice", known[shown["id"]])
            show_side_by_side(raw, shown, console)
    return kept


def _interest(case: dict[str, Any], planter: Planter) -> int:
    """A case whose summary shows much in few words makes a good example."""
    summary = case["summary"]
    return sum(1 for planted in planter.planted if planted.value in summary) * 1000 - len(summary)


def _owners(nodes: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({node["owner"] for node in nodes})) or "nobody"


def _public_ids(stage: Stage) -> dict[str, str]:
    known: dict[str, str] = {}
    for tenant_id in stage.tenants.values():
        with acting_as(system_actor(tenant_id, "demo")):
            rows = Projection.objects.filter(tenant_id=tenant_id).values_list("public_id", "case_id")
            known |= {public_id: str(case_id) for public_id, case_id in rows}
    return known


def _officer_revokes(so_far: Cast, console: Console) -> None:
    console.rule("[bold]An officer revokes[/]")
    stage = so_far.hub.stage
    before = scenes.read_shared(so_far.hub, "carol")
    with acting_as(system_actor(stage.tenants["acme"], "demo")):
        grant = SharingGrant.objects.get(recipient_team_id=stage.teams["borealis/lumen"])
        covered = GrantCoverage.objects.filter(grant=grant).count()
    scenes.revoke_in_admin(so_far.hub, str(grant.pk))
    after = scenes.read_shared(so_far.hub, "carol")
    console.print(
        f"[bold]olga[/] saw in the admin that a grant to borealis/lumen covers {covered} cases, {len(before)} of them"
        f" ready and within its ceiling, and revoked it. carol's query before and after:"
    )
    show_before_and_after(before, after, console)
    if after or not before:
        raise DemoError("The revocation did not take effect at the next read.")


def _auditor_pulls(so_far: Cast, console: Console) -> None:
    console.rule("[bold]An auditor pulls the record[/]")
    disclosures, events = scenes.pull_record(so_far.hub)
    borealis = str(so_far.hub.stage.tenants["borealis"])
    by_carol = [row for row in disclosures if row["readerTenantId"] == borealis]
    read = {case_id for row in by_carol for case_id in row["caseIds"]}
    raw = [row for row in disclosures if row["isRaw"]]
    console.print(
        f"[bold]erin[/] pulled {len(disclosures)} disclosures and {len(events)} events of acme: "
        f"readers at borealis were shown {len(read)} of its cases in {len(by_carol)} answers, "
        f"raw text was read {'once' if len(raw) == 1 else f'{len(raw)} times'}, by its own team."
    )
    for row in by_carol[:3]:
        console.print(
            f"  [dim]{row['occurredAt'][:19]}  {row['reader'][:20]}…  {len(row['caseIds'])} cases  purpose"
            f" {row['purpose']}  {len(row['fields'])} fields[/]"
        )
    deadline = time.monotonic() + 30
    while (proof := verify_record()).waiting_rows and time.monotonic() < deadline:
        time.sleep(1)
    if proof.findings:
        raise DemoError(f"The access record is not whole: {proof.findings[0]}")
    console.print(
        f"  The record is whole: {proof.sealed_rows} rows sealed in a Merkle log,"
        f" {proof.checkpoints} signed checkpoints hold."
    )


def _show_logins(hub: scenes.Hub, console: Console) -> None:
    console.rule("[bold]The running hub[/]")
    console.print(f"Start      {hub.base_url}/")
    console.print(f"Admin      {hub.base_url}/admin/")
    console.print(f"GraphQL    {hub.base_url}/graphql, to try by hand {hub.base_url}/graphql/ide")
    for who, what in (("olga", "officer"), ("erin", "auditor"), ("alice", "owner")):
        console.print(f"{what:10} {who}@acme.example  password {hub.stage.passwords[who]}")
    console.print("\nTo ask as dana from a shell, as the README shows (carol's grant is revoked now):")
    console.print(f"  export TOKEN={hub.stage.keys['dana']}", soft_wrap=True)
