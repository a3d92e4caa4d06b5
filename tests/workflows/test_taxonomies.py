"""Officers bring a tenant's own vocabulary in; nobody else does."""

import pytest

from hub.catalog.models import Taxonomy
from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.taxonomies import import_taxonomy
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.test_taxonomies import OWN
from tests.workflows.submitting import last_event


@pytest.mark.parametrize("who", ["alice", "rita", "erin", "carol"])
def test_others_are_refused(cast: Cast, who: str) -> None:
    actor = cast[who]
    with acting_as(actor):
        assert import_taxonomy(actor, document=OWN) == Refusal("no_role")
        assert Taxonomy.objects.exclude(tenant=None).count() == 0
    assert last_event(cast, who) == ("taxonomy.import", "refused", "no_role", "taxonomy:")


def test_an_officer_imports(cast: Cast) -> None:
    olga = cast["olga"]
    with acting_as(olga):
        answer = import_taxonomy(olga, document=OWN)
        (taxonomy,) = Taxonomy.objects.exclude(tenant=None)
        assert answer == Done(taxonomy.pk, {"namespace": "acme-desk"})
        bad = import_taxonomy(olga, document=OWN | {"namespace": "tlp"})
        assert bad == Invalid.because("namespace", "comes with the hub; choose another one")
    assert last_event(cast)[:3] == ("taxonomy.import", "failed", "role:officer")
