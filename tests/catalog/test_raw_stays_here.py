"""Raw text and evidence bodies are read in one package: no other one so much as names their models or tables."""

import ast
from pathlib import Path

import hub

ROOT = Path(hub.__file__).parent
RAW = {"CaseText", "EvidenceBody"}
TABLES = ("catalog_casetext", "catalog_evidencebody")
# The demo names the tables to leave them out when it searches a dump of everything else.
LEFT_OUT = {"demo/verdict.py"}


def names_in(source: str) -> set[str]:
    """Every name, attribute and imported name of a module, and the raw tables that its texts mention."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                found |= {table for table in TABLES if table in text}
    return found


def test_only_the_catalog_names_raw_models() -> None:
    files = [file for file in ROOT.rglob("*.py") if ROOT / "catalog" not in file.parents]
    assert len(files) > 100
    # Migrations of a later layer may guard the tables of an earlier one; they read nothing.
    offenders = {
        str(file.relative_to(ROOT))
        for file in files
        if "migrations" not in file.parts and names_in(file.read_text(encoding="utf-8")) & (RAW | set(TABLES))
    }
    assert offenders <= LEFT_OUT


def test_the_search_finds_what_it_looks_for() -> None:
    assert names_in("from hub.catalog.models import CaseText") >= {"CaseText"}
    assert names_in("models.EvidenceBody.objects") >= {"EvidenceBody"}
    assert names_in("cursor.execute('SELECT * FROM catalog_casetext')") >= {"catalog_casetext"}
    readers = [file for file in (ROOT / "catalog").rglob("*.py") if names_in(file.read_text(encoding="utf-8")) & RAW]
    assert len(readers) > 3
