"""`manage.py run_disposition` as an officer uses it: look, confirm, carry out, and every "no" with its exit code."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hub.audit.models import AccessEvent
from hub.retention.models import ListedItem
from tests.retention.test_disposition import count, govern, seen_by_system
from tests.world import World

HERE = ("--tenant", "acme", "--as")


def run(who: str, *arguments: str) -> tuple[list[str], list[str]]:
    """The lines that the command printed, and its warnings."""
    out, err = StringIO(), StringIO()
    call_command("run_disposition", *HERE, f"{who}@acme.example", *arguments, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_looks_confirms_and_carries_out(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    lines, warnings = run("olga", "--dry-run")
    assert [line.partition("track ")[2] for line in warnings] == [
        f"{track}; the shipped default counts."
        for track in ("raw_text", "projection", "summary", "delivery", "access_event")
    ]
    with seen_by_system(kept):
        items = {str(item.item_id): item for item in ListedItem.objects.all()}
    assert len(lines) == len(items) + 1
    for line in lines[:-1]:
        track, item_id = line.split()[:2]
        item = items[item_id]
        rule = "evidence v1" if track == "raw_evidence" else f"shipped default for {track}"
        assert item.due_at is not None
        assert line.split(maxsplit=2)[2].startswith(f"{rule}, {item.due_at:%Y-%m-%d}: ")
    # Beside the case there are the personal values of today's events.
    of_case = [line for line in lines[:-1] if not line.startswith("access_event")]
    assert [line.rpartition(": ")[2] for line in of_case] == ["due", "due", "kept because its time is not over"]
    found = re.fullmatch(rf"Dry run (\S+): 2 due, {len(items) - 2} kept\. Nothing was deleted\.", lines[-1])
    assert found is not None
    # Nobody has confirmed it: a run deletes nothing.
    assert run("olga")[0] == ["0 items disposed of, 0 kept against the list."]
    assert count("catalog_evidencebody") == 2
    lines, progress = run("omar", "--confirm", found[1])
    assert lines == ["2 items disposed of, 0 kept against the list."]
    assert progress[-1] == "2 disposed of, 0 kept against the list"
    assert (count("catalog_evidencebody"), count("catalog_casetext")) == (0, 1)
    with pytest.raises(CommandError, match="has been confirmed already"):
        run("olga", "--confirm", found[1])


@pytest.mark.parametrize("who", ["alice", "erin"])
@pytest.mark.parametrize("step", ["--dry-run", "--confirm"])
def test_whoever_does_not_govern_retention_changes_nothing(kept: World, age: Any, who: str, step: str) -> None:
    age("9 years")
    lines, _ = run("olga", "--dry-run")
    run_id = lines[-1].split()[2].rstrip(":")
    arguments = (step, run_id) if step == "--confirm" else (step,)
    with pytest.raises(CommandError, match="may not govern retention") as refusal:
        run(who, *arguments)
    assert refusal.value.returncode == 1
    assert count("catalog_evidencebody") == 2
    with seen_by_system(kept):
        action = "disposition.confirm" if step == "--confirm" else "disposition.list"
        (event,) = AccessEvent.objects.filter(action=action, outcome="refused")
        assert (event.actor_key, event.basis) == (kept.cast[who].person_key, "no_role")


def test_nobody_there_is_an_error_and_not_a_run(kept: World) -> None:
    with pytest.raises(CommandError, match="no such person") as refusal:
        run("nobody", "--dry-run")
    assert refusal.value.returncode == 2
