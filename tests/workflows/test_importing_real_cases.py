"""The whole collection of real cases: 7,568 in, 57 of them again in their original form, and then nothing more."""

import os
import time
from pathlib import Path

import pytest

from hub.catalog import queries as catalog
from hub.catalog.models import Case, CaseVersion, EvidenceItem
from hub.sharing.models import Projection
from tenants.actors import system_actor
from tests.cast import Cast
from tests.workflows.submitting import backstage, install_profiles
from tests.workflows.test_importing import run

pytestmark = pytest.mark.outside_data

REPORTS = 57


def test_real_cases_and_their_originals(cast: Cast) -> None:
    install_profiles(cast)
    data = Path(os.environ["CASEWARD_DATA"]) / "cases"
    actor, team_id = system_actor(cast.tenant("acme").pk, "import_cases"), cast.team("acme/atlas").pk
    began = time.monotonic()
    assert run(actor, team_id, data / "seed.jsonl.gz") == (7568, 0, 0, [])
    assert time.monotonic() - began < 300
    originals = data / "original" / "avid"
    assert run(actor, team_id, originals, "avid") == (0, REPORTS, 0, [])
    assert run(actor, team_id, originals, "avid") == (0, 0, REPORTS, [])
    assert run(actor, team_id, data / "seed.jsonl.gz") == (0, 0, 7568, [])
    with backstage(cast):
        assert Case.objects.count() == 7568
        assert CaseVersion.objects.filter(number=2).count() == REPORTS
        assert CaseVersion.objects.count() == 7568 + REPORTS
        # One projection row for each version: the superseded ones were asked for before their successors came.
        assert Projection.objects.filter(state="pending").count() == 7568 + REPORTS
        kinds = set(EvidenceItem.objects.values_list("kind", flat=True))
        assert kinds == {
            "inputs", "outputs", "expected", "confidence", "label_probability", "top", "features", "sensitive", "slice",
            "latency_ms", "drift_psi", "score", "metrics", "procedure", "others",
        }  # fmt: skip
        case = Case.objects.get(source="avid", source_id="AVID-2026-R0057")
        second, first = catalog.versions_of(case)
        documents = catalog.raw_documents([first, second])
        assert documents[first.pk]["title"] == documents[second.pk]["title"]
        assert documents[second.pk]["facts"]["severity"] == {
            "scheme": "CVSS:3.1",
            "label": "critical",
            "score": 9.8,
            "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        }


def test_the_share_alike_collection(cast: Cast) -> None:
    data = Path(os.environ["CASEWARD_DATA"]) / "cases"
    actor, team_id = system_actor(cast.tenant("acme").pk, "import_cases"), cast.team("acme/atlas").pk
    assert run(actor, team_id, data / "aiid.cc-by-sa.jsonl.gz") == (989, 0, 0, [])
