"""What a proof has found wrong, as rows of evidence: which guard, who came, where, and what he got."""

from dataclasses import asdict, dataclass, field

# Evidence enough: what is broken in one place is usually broken in hundreds, and nobody attacks a broken hub for long.
MOST_KEPT = 40


class EnoughEvidence(Exception):
    """So much has been found that there is no need to go on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be; names and ids only, never the text that was found."""

    guard: str
    attacker: str
    place: str
    what: str
    request_id: str = ""


@dataclass(slots=True)
class Findings:
    """All checks of one run, and what failed of them."""

    checks: int = 0
    failed: int = 0
    kept: list[Finding] = field(default_factory=list)

    def check(self, holds: bool, finding: Finding | None = None) -> None:
        """Count a check; keep the finding where it does not hold."""
        self.checks += 1
        if holds:
            return
        self.failed += 1
        finding = finding or Finding("unknown", "", "", "")
        known = {(kept.guard, kept.attacker, kept.what) for kept in self.kept}
        if (finding.guard, finding.attacker, finding.what) not in known:
            self.kept.append(finding)
            if len(self.kept) >= MOST_KEPT:
                raise EnoughEvidence

    @property
    def rows(self) -> list[dict[str, str]]:
        """The kept findings as they are stored."""
        return [asdict(finding) for finding in self.kept]
