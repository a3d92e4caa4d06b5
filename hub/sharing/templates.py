"""Grant templates as logic: what a template admits, so that a single officer may issue such a grant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from redaction.sensitivity import DataClass, Tlp

from .purposes import containing, is_known
from .terms import GrantTerms

LONGEST_TEMPLATE_DAYS = 3650

Level = TypeVar("Level", DataClass, Tlp)


class TemplateError(ValueError):
    """A template's document cannot be used; says which entry and what it must be."""


@dataclass(frozen=True, slots=True)
class GrantTemplate:
    """Limits that two people have agreed on; a grant inside all of them needs one officer."""

    profiles: frozenset[str]
    ceiling_class: DataClass
    ceiling_tlp: Tlp
    longest_term: timedelta
    recipients: tuple[str, ...]
    purposes: frozenset[str]

    def admits(self, terms: GrantTerms, recipients: tuple[str, ...]) -> bool:
        """Whether a grant stays inside. `recipients` are the addresses it reaches: of a group, every member's."""
        return (
            terms.profile in self.profiles
            and DataClass.parse(terms.ceiling_class) <= self.ceiling_class
            and Tlp.parse(terms.ceiling_tlp) <= self.ceiling_tlp
            and terms.expires_at - terms.starts_at <= self.longest_term
            and bool(recipients)
            and all(self.reaches(recipient) for recipient in recipients)
            and any(purpose in self.purposes for purpose in containing(terms.purpose))
        )

    def reaches(self, address: str) -> bool:
        """Whether an address is named, or its tenant's teams are: `borealis/*` is every team, not the whole tenant."""
        tenant, _, team = address.partition("/")
        return address in self.recipients or bool(team and f"{tenant}/*" in self.recipients)


def parse_template(document: Mapping[str, Any]) -> GrantTemplate:
    """Read a template's document; unknown entries are errors, since a misspelt limit would limit nothing."""
    expected = {"profiles", "ceiling_class", "ceiling_tlp", "max_days", "recipients", "purposes"}
    for name in sorted(expected - set(document)):
        raise TemplateError(f"{name}: is missing")
    for name in sorted(set(document) - expected):
        raise TemplateError(f"{name}: is not an entry of a grant template; expected {', '.join(sorted(expected))}")
    days = document["max_days"]
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LONGEST_TEMPLATE_DAYS:
        raise TemplateError(f"max_days: expected a whole number from 1 to {LONGEST_TEMPLATE_DAYS}")
    purposes = _texts(document, "purposes")
    for position, purpose in enumerate(purposes):
        if not is_known(purpose):
            raise TemplateError(f"purposes[{position}]: is not a purpose of the dpv-purpose taxonomy")
    return GrantTemplate(
        profiles=frozenset(_texts(document, "profiles")),
        ceiling_class=_level(DataClass, document, "ceiling_class"),
        ceiling_tlp=_level(Tlp, document, "ceiling_tlp"),
        longest_term=timedelta(days=days),
        recipients=_texts(document, "recipients"),
        purposes=frozenset(purposes),
    )


def _texts(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = document[name]
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise TemplateError(f"{name}: expected a list of non-empty texts")
    return tuple(values)


def _level(levels: type[Level], document: Mapping[str, Any], name: str) -> Level:
    try:
        return levels.parse(str(document[name]))
    except ValueError as error:
        raise TemplateError(f"{name}: {error}") from None
