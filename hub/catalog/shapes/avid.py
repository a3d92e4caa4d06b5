"""AVID reports (data_type AVID), the format of the AI Vulnerability Database, mapped field by field."""

from typing import Any

from ..drafts import CaseDraft, FactsDraft
from ..fields import Fields
from ..limits import MAX_DRAFT_BYTES, MAX_SUMMARY, MAX_TITLE, DraftError, check_tree
from . import parts
from .records import evidence_of, severity_of

# Classes of AVID reports, as the kinds of case they are; others are incidents.
_KIND_OF_CLASS = {
    "LLM Evaluation": "evaluation",
    "Third-party Report": "vulnerability",
    "ATLAS Case Study": "incident",
    "AIID Incident": "incident",
    "CVE Entry": "vulnerability",
    "Undefined": "incident",
}


def read(mapping: dict[str, Any], *, max_bytes: int = MAX_DRAFT_BYTES) -> CaseDraft:
    """A draft from one AVID report; its `report_id` is the identity, so a changed report becomes a new version."""
    check_tree(mapping, max_bytes=max_bytes)
    fields = Fields(mapping)
    unmapped: dict[str, Any] = {}
    if fields.take("data_type") != "AVID":
        raise DraftError("data_type", 'must be "AVID"')
    metadata = fields.inside("metadata")
    report_id = metadata.text("report_id", 200) or metadata.text("vuln_id", 200)
    if not report_id:
        raise DraftError("metadata.report_id", "is missing")
    parts.keep(unmapped, "metadata", metadata.left())
    problem = fields.inside("problemtype")
    summary = _words(fields, "description", unmapped, MAX_SUMMARY)
    headline = _words(problem, "description", unmapped, MAX_SUMMARY)
    title = (headline or summary).split("\n", 1)[0].strip()
    if not title:
        raise DraftError("problemtype.description.value", "is missing")
    if len(title) > MAX_TITLE or (headline and title != headline):
        unmapped["problem_description"] = headline or title
        title = title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"
    problem_class, problem_type = problem.text("classof", 200), problem.text("type", 200)
    unmapped |= {"problem_class": problem_class, "problem_type": problem_type}
    impact = fields.mapping("impact")
    draft = CaseDraft(
        title=title,
        summary=summary,
        facts=_facts(fields, impact, _KIND_OF_CLASS.get(problem_class, "incident"), report_id, unmapped),
        tags=parts.read_tags(_tags(impact), "impact"),
        evidence=evidence_of({"metrics": fields.take("metrics") or None}, ""),
        unmapped=unmapped,
        source="avid",
        source_id=report_id,
    )
    parts.keep(unmapped, "problemtype", problem.left())
    unmapped.update(fields.left())
    return draft


def _words(fields: Fields, name: str, unmapped: dict[str, Any], limit: int) -> str:
    """The value of a `{"lang", "value"}` pair; a language other than English is kept."""
    pair = fields.inside(name)
    text, language = pair.prose("value", limit), pair.text("lang", 20)
    left = pair.left()
    if language not in {"", "eng", "en"}:
        left["lang"] = language
    parts.keep(unmapped, fields.at(name), left)
    return text


def _facts(fields: Fields, impact: dict[str, Any], kind: str, report_id: str, unmapped: dict[str, Any]) -> FactsDraft:
    affects = fields.inside("affects")
    artifacts = [Fields(item, f"affects.artifacts[{index}]") for index, item in enumerate(affects.items("artifacts"))]
    named = [(item.text("name", 2000), item.text("type", 60), item.left()) for item in artifacts]
    names = list(dict.fromkeys(name for name, _, _ in named if name))
    joined = "; ".join(names)
    if len(named) > 1 or len(joined) > 200 or any(left for _, _, left in named):
        # The column holds one name; the whole list stays readable beside it.
        unmapped["artifacts"] = [{"name": name, "type": sort, **left} for name, sort, left in named]
    cvss = impact.get("cvss") if isinstance(impact.get("cvss"), dict) else {}
    version = str(cvss.get("version", "")) if cvss else ""
    severity = (
        {
            "scheme": f"CVSS:{version}" if version else "",
            "label": cvss.get("baseSeverity"),
            "score": cvss.get("baseScore"),
            "vector": cvss.get("vectorString"),
        }
        if cvss
        else {}
    )
    scheme, label, score, vector = severity_of(Fields(severity, "impact.cvss"), unmapped)
    data_version = fields.text("data_version", 40)
    facts = FactsDraft(
        kind=kind,
        model_name=parts.short_name(joined),
        developers=affects.texts("developer", 200),
        deployers=affects.texts("deployer", 200),
        artifact_types=tuple(dict.fromkeys(sort for _, sort, _ in named if sort)),
        severity_scheme=scheme,
        severity_label=label,
        severity_score=score,
        severity_vector=vector,
        impact=impact,
        links=parts.read_links(fields.items("references"), "references"),
        provenance={"source": "AVID", "report_id": report_id, "data_version": data_version},
    )
    parts.keep(unmapped, "affects", affects.left())
    return facts


def _tags(impact: dict[str, Any]) -> list[str]:
    """The views of AVID's taxonomy and the weakness numbers as machine tags."""
    avid = Fields(impact.get("avid") or {}, "impact.avid")
    tags = [f'avid:risk-domain="{domain}"' for domain in avid.texts("risk_domain", 100)]
    for predicate, view in (("sep", "sep_view"), ("lifecycle", "lifecycle_view")):
        tags += [f'avid:{predicate}="{entry.split(":", 1)[0].strip()}"' for entry in avid.texts(view, 200)]
    weaknesses = impact.get("cwe") if isinstance(impact.get("cwe"), list) else []
    for item in weaknesses or []:
        if isinstance(item, dict) and isinstance(item.get("cweId"), str):
            tags.append(f'cwe:id="{item["cweId"]}"')
    return tags
