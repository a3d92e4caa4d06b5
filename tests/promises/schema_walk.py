"""Generates queries for every field of the schema, and notes which places of it a request and its answer visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

# What is given to arguments inside a selection; a new one wants a value here.
NESTED = {"Case.evidence(first)": "9"}


def coordinates(schema: GraphQLSchema) -> set[str]:
    """Every place of a schema: `Type.field`, `Type.field(argument)`, `Input.field`, and `Enum.VALUE` of inputs."""
    found: set[str] = set()
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                found.add(f"{name}.{field_name}")
                for argument_name, argument in field.args.items():
                    found |= {f"{name}.{field_name}({argument_name})", *_enum_values(argument.type)}
        elif isinstance(kind, GraphQLInputObjectType):
            for field_name, input_field in kind.fields.items():
                found |= {f"{name}.{field_name}", *_enum_values(input_field.type)}
    return found


def _enum_values(kind: Any) -> set[str]:
    named = get_named_type(kind)
    return {f"{named.name}.{value}" for value in named.values} if isinstance(named, GraphQLEnumType) else set()


def selection(schema: GraphQLSchema, kind: Any) -> str:
    """A selection of everything below a type, of every type that can stand there."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        parts = [f"... on {member.name} {selection(schema, member)}" for member in named.types]
    else:
        parts = [_field(schema, named.name, name, field) for name, field in named.fields.items()]
        if isinstance(named, GraphQLInterfaceType):
            members = schema.get_possible_types(named)
            parts += [f"... on {member.name} {selection(schema, member)}" for member in members]
    return "{ __typename " + " ".join(parts) + " }"


def _field(schema: GraphQLSchema, owner: str, name: str, field: GraphQLField) -> str:
    given = ", ".join(f"{argument}: {NESTED[f'{owner}.{name}({argument})']}" for argument in field.args)
    return f"{name}{f'({given})' if given else ''} {selection(schema, field.type)}"


@dataclass(frozen=True)
class Operation:
    """One operation with one root field, and its variables."""

    text: str
    root: str
    variables: Mapping[str, Any]
    visits: frozenset[str]


def operation(schema: GraphQLSchema, verb: str, root: str, variables: Mapping[str, Any]) -> Operation:
    """An operation on a root field that selects everything, with these of its arguments."""
    owner = schema.mutation_type if verb == "mutation" else schema.query_type
    assert owner is not None
    field = owner.fields[root]
    declared = ", ".join(f"${name}: {field.args[name].type}" for name in variables)
    given = ", ".join(f"{name}: ${name}" for name in variables)
    text = f"{verb}{f'({declared})' if declared else ''} {{ {root}{f'({given})' if given else ''} "
    text += f"{selection(schema, field.type)} }}"
    visits = {f"{owner.name}.{root}"}
    for name, value in variables.items():
        visits.add(f"{owner.name}.{root}({name})")
        visits.update(_sent(field.args[name].type, value))
    return Operation(text, root, variables, frozenset(visits))


def _sent(kind: Any, value: Any) -> Iterator[str]:
    """The places of inputs that a value fills."""
    named = get_named_type(kind)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(named, GraphQLEnumType) and isinstance(item, str):
            yield f"{named.name}.{item}"
        elif isinstance(named, GraphQLInputObjectType) and isinstance(item, dict):
            for name, part in item.items():
                yield f"{named.name}.{name}"
                yield from _sent(named.fields[name].type, part)


Values = Callable[[str, str], list[Any]]


def variants(field: GraphQLField, values: Values) -> Iterator[dict[str, Any]]:
    """Variables for a root field: with what it requires, and then with each other argument and value in turn."""
    required = {name: value for name, value in field.args.items() if is_required_argument(value)}
    base = {name: next(iter(_candidates(name, argument.type, values))) for name, argument in required.items()}
    yield base
    for name, argument in field.args.items():
        for value in _candidates(name, argument.type, values):
            yield {**base, name: value}


def _candidates(name: str, kind: Any, values: Values, inside: tuple[str, ...] = ()) -> Iterator[Any]:
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        yield from ([value] for value in _candidates(name, kind.of_type, values, inside))
    elif kind.name in inside:
        # An input within itself: what it holds is tried outside.
        yield {}
    elif isinstance(kind, GraphQLEnumType):
        yield from kind.values
    elif isinstance(kind, GraphQLInputObjectType):
        required = {
            field_name: next(iter(_candidates(field_name, field.type, values, (*inside, kind.name))))
            for field_name, field in kind.fields.items()
            if is_required_input_field(field)
        }
        for field_name, field in kind.fields.items():
            for value in _candidates(field_name, field.type, values, (*inside, kind.name)):
                yield {**required, field_name: value}
    else:
        yield from values(name, kind.name)


def answered(data: Any) -> Iterator[str]:
    """The places of the schema that have a value, or a null, in an answer."""
    if isinstance(data, list):
        for item in data:
            yield from answered(item)
    elif isinstance(data, dict) and "__typename" in data:
        for name, value in data.items():
            if name != "__typename":
                yield f"{data['__typename']}.{name}"
                yield from answered(value)
