"""The checked-in schema is the schema, every part of it says what it is for, and nothing in it was forgotten."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hub.api import schema as api
from hub.api.catalog import vocabulary
from hub.catalog.levels import CLASS_RANKS, TLP_RANKS
from hub.catalog.models.cases import CaseKind, SeverityLabel
from hub.catalog.models.reviews import Verdict
from hub.commands.management.commands import print_schema
from hub.lifecycle.models import VersionState
from hub.sharing.models import GrantState
from hub.sharing.shapes import CaseOrder


def run(*arguments):
    out = StringIO()
    call_command("print_schema", *arguments, stdout=out)
    return out.getvalue()


def test_the_checked_in_schema_is_up_to_date():
    assert run("--check") == "The checked-in schema is up to date.\n"
    assert run() == api.SCHEMA_FILE.read_text()


def test_a_difference_is_shown_and_fails(tmp_path, monkeypatch):
    kept = tmp_path / "schema.graphql"
    kept.write_text(api.schema_text().replace("totalCount", "total"))
    monkeypatch.setattr(print_schema, "SCHEMA_FILE", kept)
    with pytest.raises(CommandError, match="The API has changed"):
        run("--check")
    run("--write")
    assert kept.read_text() == api.schema_text()


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        (vocabulary.CaseKind, CaseKind.values),
        (vocabulary.SeverityLabel, SeverityLabel.values),
        (vocabulary.DataClass, list(CLASS_RANKS)),
        (vocabulary.Tlp, list(TLP_RANKS)),
        (vocabulary.CaseOrder, [order.value for order in CaseOrder]),
        (vocabulary.ReviewVerdict, Verdict.values),
    ],
)
def test_vocabularies_are_those_of_the_layers_below(shown, kept):
    assert [member.value for member in shown] == list(kept)


def test_states_are_those_of_the_layers_below():
    from hub.api.sharing.types import GrantState as ShownGrantState
    from hub.api.sharing.types import PolicyState

    assert {member.value for member in ShownGrantState} == set(GrantState.values)
    assert {member.value for member in PolicyState} == set(VersionState.values)


def test_every_type_and_root_field_says_what_it_is_for():
    named = api.schema._schema.type_map.values()
    ours = [kind for kind in named if not kind.name.startswith("__") and kind.ast_node is None]
    unions = {kind.name for kind in ours if kind.name.endswith("Result")}
    scalars = {"String", "Int", "Boolean", "Float", "ID"}
    assert sorted(kind.name for kind in ours if not kind.description and kind.name not in unions | scalars) == []
    for root in ("Query", "Mutation"):
        fields = api.schema._schema.type_map[root].fields
        assert sorted(name for name, field in fields.items() if not field.description) == []
        assert len(fields) == {"Query": 35, "Mutation": 53}[root]
