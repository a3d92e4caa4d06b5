"""What a query selects below a field, as plain names: workflows record them, and decide what need not be read."""

from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from .context import Info


def selected(info: Info) -> frozenset[str]:
    """The paths of all fields selected below this one, e.g. `nodes`, `nodes.title`, `nodes.severity.label`."""
    raw: Any = info._raw_info
    paths: set[str] = set()
    for node in raw.field_nodes:
        paths.update(_below(node.selection_set, "", raw.fragments, raw.variable_values))
    return frozenset(paths)


def disclosed_fields(paths: frozenset[str], *roots: str) -> tuple[str, ...]:
    """The fields of a case among the paths, which stand below one of the roots (`nodes`, `edges.node`, or nothing)."""
    names = set()
    for path in paths:
        for root in roots or ("",):
            prefix = f"{root}." if root else ""
            if path.startswith(prefix):
                names.add(path.removeprefix(prefix).split(".")[0])
    return tuple(sorted(name for name in names if name and name != "__typename"))


def _below(
    selection: SelectionSetNode | None, prefix: str, fragments: dict[str, Any], variables: dict[str, Any]
) -> Iterator[str]:
    for node in selection.selections if selection else ():
        if _is_left_out(node, variables):
            continue
        if isinstance(node, FieldNode):
            path = f"{prefix}{node.name.value}"
            yield path
            yield from _below(node.selection_set, f"{path}.", fragments, variables)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments.get(node.name.value)
            # graphql-core keeps fragments with details around them when they take part in execution.
            definition = getattr(fragment, "definition", fragment)
            if definition is not None and not _is_about_a_refusal(definition):
                yield from _below(definition.selection_set, prefix, fragments, variables)
        elif isinstance(node, InlineFragmentNode) and not _is_about_a_refusal(node):
            yield from _below(node.selection_set, prefix, fragments, variables)


def _is_about_a_refusal(fragment: FragmentDefinitionNode | InlineFragmentNode) -> bool:
    """What is asked of the other outcome is no field of what was disclosed."""
    return fragment.type_condition is not None and fragment.type_condition.name.value == "NotAvailable"


def _is_left_out(node: Any, variables: dict[str, Any]) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name not in {"skip", "include"} or not directive.arguments:
            continue
        value = directive.arguments[0].value
        given = variables.get(value.name.value) if hasattr(value, "name") else value.value
        if bool(given) is (name == "skip"):
            return True
    return False
