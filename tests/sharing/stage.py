"""A hub with the cast, its profiles and a case or two, for tests of sharing: real rows, real redaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.catalog.models import Case
from hub.sharing.access import visible_projections
from hub.sharing.models import Projection, SharingGrant
from hub.sharing.services.profiles import install_shipped_profiles, install_shipped_templates
from hub.sharing.terms import GrantTerms
from hub.workflows.granting import issue_grant
from hub.workflows.outcomes import CaseSubmitted, GrantAnswer
from hub.workflows.projection import sweep_projections
from hub.workflows.submission import edit_case, submit_case
from tenants.actors import Actor, system_actor
from tenants.scoping import acting_as
from tests.cast import Cast, build_cast

PURPOSE = "AcademicResearch"
NAME, EMAIL = "Anna Kowalska", "refund.desk77@mail.example.org"


def draft(title: str = "The router sends refunds to billing", **changes: Any) -> dict[str, Any]:
    """A case as its owner writes it, with a name and an e-mail address in it."""
    return {
        "title": title,
        "summary": f"Yesterday {NAME} asked for a refund, and it went to the wrong queue; answers go to {EMAIL}.",
        "write_up": {"results": "Recall of the label refund fell from 0.91 to 0.62."},
        "facts": {
            "kind": "incident",
            "model": {"name": "ticket-router", "version": "4.2"},
            "data_source": "support mail",
            "severity": {"scheme": "team", "label": "high"},
        },
        "tags": ['avid:sep="P0204"'],
        "evidence": [{"name": "log", "kind": "logs", "media_type": "text/plain", "payload": f"{EMAIL} step=route"}],
        **changes,
    }


@dataclass
class Stage:
    """The cast on a hub whose tenants have their profiles."""

    cast: Cast

    def actor(self, name: str, purpose: str = PURPOSE) -> Actor:
        """A member of the cast, asking for a purpose."""
        return self.cast.actor(name, purpose=purpose)

    def submit(self, who: str = "alice", **changes: Any) -> Case:
        """A case of the team that somebody works in."""
        actor = self.actor(who)
        with acting_as(actor):
            answer = submit_case(actor, team_id=actor.team_ids[0], draft=draft(**changes))
            assert isinstance(answer, CaseSubmitted), answer
            return Case.objects.get(pk=answer.case_id)

    def edit(self, case: Case, who: str = "alice", **changes: Any) -> None:
        """The next version of a case."""
        actor = self.actor(who)
        with acting_as(actor):
            answer = edit_case(actor, case_id=case.pk, draft=draft(**changes))
        assert isinstance(answer, CaseSubmitted), answer

    def terms(self, recipient: str = "borealis/lumen", **changes: Any) -> GrantTerms:
        """Terms inside the standard template."""
        now = timezone.now()
        values: dict[str, Any] = {
            "recipient": recipient,
            "profile": "partner",
            "purpose": PURPOSE,
            "ceiling_class": "restricted",
            "ceiling_tlp": "AMBER",
            "starts_at": now - timedelta(minutes=1),
            "expires_at": now + timedelta(days=30),
            **changes,
        }
        return GrantTerms(**values)

    def grant(
        self, recipient: str = "borealis/lumen", *, by: str = "olga", team: str = "acme/atlas", **changes: Any
    ) -> GrantAnswer:
        """A grant of a team, issued by an officer."""
        actor = self.actor(by)
        with acting_as(actor):
            answer = issue_grant(actor, team_id=self.cast.team(team).pk, terms=self.terms(recipient, **changes))
        assert isinstance(answer, GrantAnswer), answer
        return answer

    def build(self) -> int:
        """One sweep; how many projections were stored."""
        return sweep_projections()

    def seen(self, who: str, purpose: str = PURPOSE) -> list[Projection]:
        """What somebody sees, newest first, through both walls."""
        actor = self.actor(who, purpose)
        with acting_as(actor):
            return list(visible_projections(actor).order_by("-case_id"))

    def rows(self, tenant: str = "acme", **conditions: Any) -> list[Projection]:
        """Projections as background work sees them."""
        with self.backstage(tenant):
            return list(Projection.objects.filter(**conditions).order_by("created_at", "pk"))

    def end_pauses(self, tenant: str = "acme") -> None:
        """Let every lease and every pause after a fault be over."""
        with self.backstage(tenant):
            Projection.objects.exclude(leased_until=None).update(leased_until=timezone.now() - timedelta(seconds=1))

    def grant_row(self, answer: GrantAnswer) -> SharingGrant:
        """The row of a grant."""
        with self.backstage():
            return SharingGrant.objects.get(pk=answer.grant_id)

    def backstage(self, tenant: str = "acme") -> Any:
        """As the tenant's background work."""
        return acting_as(system_actor(self.cast.tenant(tenant).pk, "test"))

    def last_event(self, tenant: str = "acme") -> AccessEvent:
        """The newest event of a tenant."""
        with self.backstage(tenant):
            return AccessEvent.objects.order_by("-id")[0]

    def count_events(self, tenant: str = "acme", **conditions: Any) -> int:
        """How many events of a tenant are like this."""
        with self.backstage(tenant):
            return AccessEvent.objects.filter(**conditions).count()


def build_stage() -> Stage:
    """The stage, with the standard template of acme admitting borealis and acme's own teams."""
    stage = Stage(build_cast())
    for slug, officer in (("acme", "olga"), ("borealis", "oscar"), ("cobalt", "")):
        tenant = stage.cast.tenant(slug)
        by = f"user:{stage.cast.user(officer).pk}" if officer else "user:somebody"
        with acting_as(system_actor(tenant.pk, "test")):
            install_shipped_profiles(tenant.pk, by=by)
    with stage.backstage():
        install_shipped_templates(
            stage.cast.tenant("acme").pk,
            by=f"user:{stage.cast.user('olga').pk}",
            recipients=["borealis/*", "acme/zephyr"],
        )
    return stage


def in_days(days: int) -> datetime:
    """That many days from now."""
    return timezone.now() + timedelta(days=days)
