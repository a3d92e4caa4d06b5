"""A case as it is shared: built from its redacted document and from nothing else."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from hub.sharing.shapes import SharedCase
from hub.sharing.wording import HIT_BEGINS, HIT_ENDS
from hub.workflows.disclosure import RawDisclosure

from ..limits import LARGEST_PAGE
from ..refusals import bad_input
from ..results import Node, NotAvailable, PageInfo
from .documents import part, some, text, texts
from .vocabulary import CaseKind, DataClass, SeverityLabel, Tlp, member


@strawberry.type(description="How the failure was studied. Each part is a text or a list, as its authors keep it.")
class WriteUp:
    """The write-up."""

    hypotheses: JSON | None
    experiments: JSON | None
    results: JSON | None
    rationale: JSON | None
    remediation: JSON | None


@strawberry.type(description="The model that failed.")
class Model:
    """The model's facts."""

    name: str | None
    version: str | None
    developers: list[str]
    deployers: list[str]
    artifact_types: list[str]


@strawberry.type(description="How bad it was, in the scheme that was used.")
class Severity:
    """The severity's facts."""

    scheme: str | None
    label: SeverityLabel | None
    score: JSON | None = strawberry.field(description="A number, or a band where the profile generalises numbers.")
    vector: str | None


@strawberry.type(description="When it happened; many cases do not say, and a profile may make it coarser.")
class Occurrence:
    """The time of the failure."""

    from_: str | None = strawberry.field(name="from")
    to: str | None
    granularity: str | None


@strawberry.type(description="What the case's data is, and who may have it.")
class Sensitivity:
    """The two axes of sensitivity."""

    data_class: DataClass | None
    tlp: Tlp | None


@strawberry.type(description="A piece of evidence, redacted.")
class Evidence:
    """One evidence item."""

    name: str | None
    kind: str | None
    media_type: str | None
    payload: JSON | None


@strawberry.type(description="One failure case, as far as it is shared with you.")
class Case(Node):
    """A shared case. Its id is yours alone: another audience knows the same case by another."""

    title: str
    summary: str | None
    write_up: WriteUp
    kind: CaseKind | None
    model: Model
    data_source: str | None
    environment: JSON | None
    severity: Severity
    impact: JSON | None
    occurred: Occurrence
    links: JSON | None
    provenance: JSON | None
    tags: list[str]
    other_fields: JSON | None = strawberry.field(description="Fields of an import that the hub has no place for.")
    sensitivity: Sensitivity
    owner: str = strawberry.field(description="The team that owns the case, as `tenant/team`.")
    recorded_on: date | None
    digest: str = strawberry.field(description="SHA-256 of what is shared; it changes when anything in it does.")
    _evidence: strawberry.Private[list[Any]]

    @strawberry.field(description="What is attached to the case.")
    def evidence(
        self, first: Annotated[int, strawberry.argument(description=f"At most {LARGEST_PAGE}.")] = 10
    ) -> list[Evidence]:
        """The first pieces of evidence."""
        if not 0 <= first <= LARGEST_PAGE:
            raise bad_input(f"`first` is between 0 and {LARGEST_PAGE}.")
        return [
            Evidence(
                name=text(part(item, "name")),
                kind=text(part(item, "kind")),
                media_type=text(part(item, "media_type")),
                payload=part(item, "payload"),
            )
            for item in self._evidence[:first]
        ]

    @strawberry.field(description="How many pieces of evidence there are.")
    def evidence_count(self) -> int:
        """The number of pieces."""
        return len(self._evidence)

    @classmethod
    def from_shared(cls, shared: SharedCase) -> "Case":
        """Show a case as it was disclosed."""
        document = shared.document
        facts = part(document, "facts")
        return cls(
            id=strawberry.ID(shared.public_id),
            title=text(part(document, "title")) or "",
            summary=text(part(document, "summary")),
            write_up=_write_up(part(document, "write_up")),
            kind=member(CaseKind, shared.kind),  # type: ignore[arg-type]
            model=_model(part(facts, "model")),
            data_source=text(part(facts, "data_source")),
            environment=some(part(facts, "environment")),
            severity=_severity(part(facts, "severity")),
            impact=some(part(facts, "impact")),
            occurred=_occurrence(part(facts, "occurred")),
            links=some(part(facts, "links")),
            provenance=some(part(facts, "provenance")),
            tags=list(shared.tags),
            other_fields=some(part(document, "unmapped")),
            sensitivity=Sensitivity(
                data_class=member(DataClass, shared.data_class),  # type: ignore[arg-type]
                tlp=member(Tlp, shared.tlp),  # type: ignore[arg-type]
            ),
            owner=shared.owner,
            recorded_on=shared.recorded_on,
            digest=shared.digest,
            _evidence=part(document, "evidence") if isinstance(part(document, "evidence"), list) else [],
        )


@strawberry.type(description="The raw document of a case of your own side. That you read it is on record as such.")
class RawCase:
    """What the owners wrote, unredacted."""

    id: strawberry.ID = strawberry.field(description="The case's id at home.")
    version: int
    document: JSON
    basis: str = strawberry.field(description="The right by which it was opened, as the record has it.")

    @classmethod
    def from_disclosure(cls, raw: RawDisclosure) -> "RawCase":
        """Show what was disclosed."""
        return cls(
            id=strawberry.ID(str(raw.case_id)), version=raw.version, document=JSON(raw.document), basis=raw.basis
        )


@strawberry.type(description="A stretch of a case's text that a search has found, piece by piece.")
class HighlightedText:
    """A piece of it."""

    text: str
    is_match: bool = strawberry.field(description="Whether this piece is what was searched for.")

    @classmethod
    def of(cls, highlight: str) -> list["HighlightedText"]:
        """The pieces of a marked text."""
        before, *rest = highlight.split(HIT_BEGINS)
        pieces = [(before, False)]
        for stretch in rest:
            hit, _, after = stretch.partition(HIT_ENDS)
            pieces += [(hit, True), (after, False)]
        return [cls(text=text, is_match=is_match) for text, is_match in pieces if text]


@strawberry.type(description="A case in a list, with its place.")
class CaseEdge:
    """An edge of the connection."""

    cursor: str
    node: Case
    highlights: list[HighlightedText] = strawberry.field(
        description="Where the words of `filter.text` stand in what is shared; empty without such words."
    )


@strawberry.type(description="A case that you were given and may not see any more; drop it. It says nothing else.")
class Tombstone:
    """The id that it had."""

    id: strawberry.ID


@strawberry.type(description="A page of cases.")
class CaseConnection:
    """Relay's connection of cases."""

    edges: list[CaseEdge]
    nodes: list[Case]
    page_info: PageInfo
    total_count: int = strawberry.field(description="How many cases match; exact up to 10,000.")
    total_count_is_capped: bool = strawberry.field(description="Whether there are more than `totalCount` says.")
    tombstones: list[Tombstone] = strawberry.field(
        description="With `changedSince`: what was recalled, revoked or has expired since you were given it."
    )


CaseResult = Annotated[Case | NotAvailable, strawberry.union("CaseResult")]
RawCaseResult = Annotated[RawCase | NotAvailable, strawberry.union("RawCaseResult")]


def _write_up(value: Any) -> WriteUp:
    return WriteUp(
        hypotheses=some(part(value, "hypotheses")),
        experiments=some(part(value, "experiments")),
        results=some(part(value, "results")),
        rationale=some(part(value, "rationale")),
        remediation=some(part(value, "remediation")),
    )


def _model(value: Any) -> Model:
    return Model(
        name=text(part(value, "name")),
        version=text(part(value, "version")),
        developers=texts(part(value, "developer")),
        deployers=texts(part(value, "deployer")),
        artifact_types=texts(part(value, "artifact_types")),
    )


def _severity(value: Any) -> Severity:
    return Severity(
        scheme=text(part(value, "scheme")),
        label=member(SeverityLabel, part(value, "label")),  # type: ignore[arg-type]
        score=part(value, "score"),
        vector=text(part(value, "vector")),
    )


def _occurrence(value: Any) -> Occurrence:
    return Occurrence(
        from_=text(part(value, "from")), to=text(part(value, "to")), granularity=text(part(value, "granularity"))
    )
