"""Takes new cases in, one or many at once."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from tenants.identifiers import new_id

from ..drafts import CaseDraft
from ..levels import DEFAULT_CLASS, DEFAULT_TLP, is_level_tag, level_tags, levels_of
from ..models import Case
from .writing import NewRows, add_tags, add_version


def submit_case(*, tenant_id: UUID, team_id: UUID, draft: CaseDraft, author: str) -> Case:
    """A new case with its first version."""
    return submit_cases(tenant_id=tenant_id, team_id=team_id, drafts=[draft], author=author)[0]


def submit_cases(*, tenant_id: UUID, team_id: UUID, drafts: Iterable[CaseDraft], author: str) -> list[Case]:
    """New cases in one statement a table. An identity that the team has already is an IntegrityError."""
    rows = NewRows()
    for draft in drafts:
        _add_case(rows, tenant_id, team_id, draft, author)
    with transaction.atomic():
        rows.insert()
    return rows.cases


def _add_case(rows: NewRows, tenant_id: UUID, team_id: UUID, draft: CaseDraft, author: str) -> None:
    data_class, tlp = levels_of(draft.tags)
    case = Case(
        id=new_id(),
        tenant_id=tenant_id,
        team_id=team_id,
        source=draft.source,
        source_id=draft.source_id,
        data_class=data_class or DEFAULT_CLASS,
        tlp=tlp or DEFAULT_TLP,
        created_by=author,
    )
    rows.cases.append(case)
    add_version(rows, case, draft, number=1, author=author)
    add_tags(rows, case, [tag for tag in draft.tags if not is_level_tag(tag)], set_by=author)
    stated = [tag for tag, given in zip(level_tags(case.data_class, case.tlp), (data_class, tlp), strict=True) if given]
    add_tags(rows, case, stated, set_by=author, reason="stated by the owner")
