"""Export bundles, verified by the stand-alone program in an interpreter of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent
from hub.audit.recording import DisclosedRow, record
from hub.audit.sealing import seal, signing_key
from hub.workflows.keeping import seal_record
from tenants.decisions import allow
from tenants.identifiers import new_id
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
PROGRAM = Path(__file__).parents[2] / "deploy" / "verify_export.py"


@pytest.fixture
def erin(cast):
    return {"tenant": "acme", "email": cast.user("erin").email}


def append(cast, count):
    """Reads of acme's cases by alice and, from outside, by carol."""
    owner = cast.tenant("acme").pk
    for number in range(count):
        for who in ("alice", "carol"):
            actor = cast[who]
            with acting_as(actor):
                row = DisclosedRow(owner, cast.team("acme/atlas").pk, new_id())
                record(
                    actor, AuditAction.CASE_READ, f"shared_case:{number} é\u2028\"", allow("own_team"),
                    disclosed=[row], fields=["title"], count=number,
                )  # fmt: skip


def export(erin, path, **options):
    call_command("export_audit", bundle=path, verbosity=0, **erin, **options)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def written(line):
    """A line as the hub writes it, so that lines which were not touched are the same bytes."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def verify(path, *arguments, verifier=None):
    done = subprocess.run(
        [sys.executable, "-I", PROGRAM, "--verifier", verifier or signing_key().verifier, *arguments, path],
        capture_output=True, text=True, env={}, cwd="/",
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.mark.parametrize("subject", ["events", "disclosures"])
def test_a_bundle_holds_on_a_machine_that_knows_nothing_of_ours(cast, erin, tmp_path, subject):
    append(cast, 5)
    size = seal().checkpoint.size
    lines = export(erin, tmp_path / "bundle", subject=subject)
    rows = [line for line in lines if line["type"] == "row"]
    own = 10 if subject == "disclosures" else len(rows)
    assert len(rows) == own >= 5
    assert {line["row"]["owner_tenant_id" if subject == "disclosures" else "tenant_id"] for line in rows} == {
        str(cast.tenant("acme").pk)
    }
    assert verify(tmp_path / "bundle") == (
        0, f"PROVED: {own} rows under the checkpoint of {size} rows; 0 personal values fit."
    )  # fmt: skip


def test_rows_hold_with_their_personal_values_and_after_these_were_removed(cast, erin, tmp_path):
    append(cast, 2)
    seal()
    export(erin, tmp_path / "before", personal=True)
    kept = sum(len(line.get("private", {})) for line in map(json.loads, (tmp_path / "before").open()))
    assert kept >= 2
    assert verify(tmp_path / "before")[1].endswith(f"; {kept} personal values fit.")
    with connections["keeper"].cursor() as keeper:
        keeper.execute("DELETE FROM audit.event_private")
        assert keeper.rowcount > 0
    lines = export(erin, tmp_path / "after", personal=True)
    assert not any("private" in line for line in lines)
    code, said = verify(tmp_path / "after")
    assert (code, said.split(";")[1]) == (0, " 0 personal values fit.")


@pytest.mark.parametrize(
    ("_case", "damage", "said"),
    [
        ("a changed value", lambda lines: lines[2]["row"].update(basis="role:officer"), "line 3: the row "),
        ("an added value", lambda lines: lines[2]["row"].update(note="x"), "line 3: the row "),
        ("another position", lambda lines: lines[2].update(position=lines[2]["position"] + 1), "line 3: the row "),
        ("a shorter proof", lambda lines: lines[2]["proof"].pop(), "line 3: the row "),
        ("a row left out", lambda lines: lines.pop(3), "counts or hashes other lines"),
        ("two rows exchanged", lambda lines: lines.insert(2, lines.pop(3)), "its id does not come after"),
        ("a row twice", lambda lines: lines.insert(2, lines[2]), "its id does not come after"),
        ("cut off", lambda lines: lines.pop(), "has no end"),
        ("something behind the end", lambda lines: lines.append(lines[1]), "there are lines after it"),
        ("a head without signature", lambda lines: lines[0].update(checkpoint="a\n1\nAA==\n\n"), "no signature"),
        ("a personal value", lambda lines: lines[2]["private"]["label"].update(value="Bob"), "'label' is not what"),
        ("a number with a point", lambda lines: lines[2]["row"]["detail"].update(count=1.5), "not what a bundle holds"),
        ("no bundle", lambda lines: lines.__setitem__(0, {"type": "row"}), "line 1"),
    ],
)
def test_a_damaged_bundle_is_not_proved(cast, erin, tmp_path, _case, damage, said):
    append(cast, 3)
    seal()
    lines = export(erin, tmp_path / "bundle", personal=True)
    assert verify(tmp_path / "bundle")[0] == 0
    damage(lines)
    (tmp_path / "damaged").write_text("".join(written(line) for line in lines), "utf-8")
    code, answer = verify(tmp_path / "damaged")
    assert code == 1
    assert answer.startswith("NOT PROVED: ")
    assert said in answer


def test_the_next_bundle_shows_that_the_log_has_only_grown(cast, erin, tmp_path):
    append(cast, 3)
    (tmp_path / "kept").write_text(seal().note, "utf-8")
    append(cast, 2)
    seal()
    whole = export(erin, tmp_path / "whole")
    newer = export(erin, tmp_path / "newer", since=tmp_path / "kept")
    assert {line["position"] for line in newer[1:-1]} == {
        line["position"] for line in whole[1:-1] if line["position"] >= int((tmp_path / "kept").read_text().split()[1])
    }
    assert verify(tmp_path / "newer", "--checkpoint", tmp_path / "kept")[0] == 0
    code, said = verify(tmp_path / "whole", "--checkpoint", tmp_path / "kept")
    assert (code, "export it with --since that checkpoint" in said) == (1, True)


def test_a_bundle_since_a_checkpoint_of_a_former_key_holds_under_both_keys(cast, erin, tmp_path, settings):
    append(cast, 3)
    kept = tmp_path / "kept"
    kept.write_text(seal_record()[-1].note, "utf-8")
    former = signing_key().verifier
    settings.AUDIT_SIGNING_SEED = "77" * 32
    append(cast, 2)
    size = seal_record()[-1].checkpoint.size
    lines = export(erin, tmp_path / "newer", since=kept)
    assert verify(tmp_path / "newer", "--former", former, "--checkpoint", kept) == (
        0, f"PROVED: {len(lines) - 2} rows under the checkpoint of {size} rows; 0 personal values fit."
    )  # fmt: skip
    assert {line["position"] for line in lines[1:-1]} >= {int(kept.read_text().split()[1])}
    # Without the former key the earlier checkpoint proves nothing, and the former alone does not hold the newer one.
    for code, said in (
        verify(tmp_path / "newer", "--checkpoint", kept),
        verify(tmp_path / "newer", "--checkpoint", kept, verifier=former),
    ):
        assert (code, said.endswith("no signature of your verifier key holds on the checkpoint")) == (1, True)
    # An interrupted one is continued as well.
    text = (tmp_path / "newer").read_bytes().splitlines(keepends=True)
    (tmp_path / "part").write_bytes(b"".join(text[:2]))
    assert export(erin, tmp_path / "part", since=kept) == lines


def test_a_rewritten_log_does_not_fit_the_checkpoint_that_was_kept(cast, erin, tmp_path):
    append(cast, 3)
    (tmp_path / "kept").write_text(seal().note, "utf-8")
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.access_event SET basis = 'role:officer' WHERE basis = 'own_team'")
        for table in ("checkpoint", "tree_node", "sealed_leaf"):
            keeper.execute(f"DELETE FROM audit.{table}")
    append(cast, 1)
    seal()
    export(erin, tmp_path / "bundle", since=tmp_path / "kept")
    code, said = verify(tmp_path / "bundle", "--checkpoint", tmp_path / "kept")
    assert code == 1
    assert "rows does not begin with the" in said


def test_another_key_proves_nothing(cast, erin, tmp_path, settings):
    append(cast, 1)
    verifier = signing_key().verifier
    settings.AUDIT_SIGNING_SEED = "99" * 32
    seal()
    export(erin, tmp_path / "bundle")
    assert verify(tmp_path / "bundle", verifier=verifier)[1].endswith(
        "no signature of your verifier key holds on the checkpoint"
    )


def test_an_interrupted_bundle_is_continued_under_its_own_checkpoint(cast, erin, tmp_path):
    append(cast, 4)
    size = seal().checkpoint.size
    whole = export(erin, tmp_path / "whole")
    text = (tmp_path / "whole").read_bytes().splitlines(keepends=True)
    (tmp_path / "part").write_bytes(b"".join(text[:3]) + text[3][:40])
    append(cast, 2)
    seal()
    assert export(erin, tmp_path / "part") == whole
    assert f"the checkpoint of {size} rows" in verify(tmp_path / "part")[1]
    export(erin, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == (tmp_path / "whole").read_bytes()


def test_each_page_of_a_bundle_is_on_record_and_a_refusal_too(cast, erin, tmp_path):
    append(cast, 1)
    size = seal().checkpoint.size
    rows = len(export(erin, tmp_path / "bundle")) - 2
    with acting_as(cast["erin"]):
        event = AccessEvent.objects.filter(action="audit.export").latest("pk")
        assert event.detail == {"count": rows, "form": "bundle", "checkpoint": size, "personal": False}
    with pytest.raises(CommandError, match="may not export"):
        export({"tenant": "acme", "email": cast.user("alice").email}, tmp_path / "none")
    with acting_as(cast["alice"]):
        refused = AccessEvent.objects.filter(action="audit.export", outcome="refused").get()
        assert refused.detail == {"form": "bundle"}
    assert not (tmp_path / "none").exists()


def test_the_application_sees_positions_of_rows_it_may_see_alone(cast):
    append(cast, 2)
    seal()
    with acting_as(cast["dave"]), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit.sealed_leaf l WHERE NOT EXISTS"
            " (SELECT 1 FROM audit.access_event e WHERE e.id = l.row_id AND e.tenant_id = %s)",
            [cast.tenant_of("dave").pk],
        )
        assert cursor.fetchone() == (0,)
