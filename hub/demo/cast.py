"""The people of the demo, who are also those of the tests: who they are, where they work, and as what."""

from dataclasses import dataclass

from tenants.roles import Role

# slug of a tenant -> (its name, slugs of its teams -> their names)
TENANTS: dict[str, tuple[str, dict[str, str]]] = {
    "acme": ("Acme Assist", {"atlas": "Atlas", "zephyr": "Zephyr"}),
    "borealis": ("Borealis Models", {"lumen": "Lumen", "drift": "Drift"}),
    "cobalt": ("Cobalt Robotics", {"quarry": "Quarry"}),
}


@dataclass(frozen=True, slots=True)
class CastMember:
    """One person: at most one role, in a team (`tenant/team`) or in a whole tenant (`tenant`)."""

    name: str
    role: Role | None
    place: str
    does: str

    @property
    def display_name(self) -> str:
        """How the hub shows this person."""
        return self.name.capitalize()

    @property
    def tenant(self) -> str:
        """The slug of the tenant, empty for the operator."""
        return self.place.partition("/")[0]

    @property
    def team(self) -> str:
        """The slug of the team, empty for a role in the whole tenant."""
        return self.place.partition("/")[2]

    @property
    def email(self) -> str:
        """Where this person signs in from."""
        return f"{self.name}@{self.tenant or 'caseward'}.example"


CAST: tuple[CastMember, ...] = (
    CastMember("alice", Role.CONTRIBUTOR, "acme/atlas", "owns the cases"),
    CastMember("bob", Role.READER, "acme/atlas", "reads beside her"),
    CastMember("dana", Role.CONTRIBUTOR, "acme/zephyr", "works in another team of the same tenant"),
    CastMember("rita", Role.REVIEWER, "acme/zephyr", "reviews, and breaks glass in an emergency"),
    CastMember("olga", Role.OFFICER, "acme", "sets policy and grants"),
    CastMember("omar", Role.OFFICER, "acme", "is the second person that policy takes"),
    CastMember("erin", Role.AUDITOR, "acme", "pulls the access record"),
    CastMember("carol", Role.CONTRIBUTOR, "borealis/lumen", "reads under a grant to her team"),
    CastMember("dave", Role.CONTRIBUTOR, "borealis/drift", "works in her tenant, in a team without a grant"),
    CastMember("oscar", Role.OFFICER, "borealis", "is the officer on the receiving side"),
    CastMember("trudy", Role.CONTRIBUTOR, "cobalt/quarry", "had a grant that has expired"),
    CastMember("petra", None, "", "operates the platform and reads no case"),
)
