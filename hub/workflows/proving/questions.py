"""Every question that the API can be asked, made from the schema that it shows, and packed into documents."""

from collections.abc import Iterator
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
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

INTROSPECTION = get_introspection_query(descriptions=False)
# What a document holds at most: the hub refuses larger ones.
MOST_FIELDS = 300
MOST_QUESTIONS = 8
# Lists are asked for so many items, which keeps what a document may cost low.
PAGE = 5
DEEPEST = 7
CURSORS = frozenset({"after", "before"})


@dataclass(frozen=True, slots=True)
class Question:
    """One root field with its arguments and a selection of everything below it."""

    verb: str
    root: str
    variables: dict[str, Any]
    # The declared types of its variables.
    types: dict[str, str]
    selection: str

    @property
    def place(self) -> str:
        """Where in the schema it asks, e.g. `Query.case(id)`."""
        given = ", ".join(name for name in self.variables if name not in {"first"})
        return f"{self.verb.capitalize()}.{self.root}({given})" if given else f"{self.verb.capitalize()}.{self.root}"

    @property
    def size(self) -> int:
        """How many fields it selects, about."""
        return len(self.selection.split()) // 2 + 1


@dataclass(frozen=True, slots=True)
class Document:
    """Questions of one kind under aliases q0, q1, …, and the variables of all of them."""

    text: str
    variables: dict[str, Any]
    questions: tuple[Question, ...]


def schema_of(introspected: dict[str, Any]) -> GraphQLSchema:
    """The schema that an introspection has answered."""
    return build_client_schema(introspected)  # type: ignore[arg-type]


class Asking:
    """Makes the questions of one attacker: with the ids that he should get nothing by."""

    def __init__(self, schema: GraphQLSchema, ids: list[str], texts: list[str], later: str) -> None:
        self.schema, self.ids, self.texts, self.later = schema, ids, texts, later

    def queries(self) -> Iterator[Question]:
        """Each query as it is, and with each argument and each value of it in turn."""
        owner = self.schema.query_type
        for root, field in owner.fields.items() if owner else ():
            # Edges hold the same nodes once more: they are asked for once.
            whole, selection = (self._selection(field.type, 0, frozenset(), edges) for edges in (True, False))
            for number, variables in enumerate(self._variants(field)):
                if "first" in field.args and "first" not in variables and "last" not in variables:
                    variables = {**variables, "first": PAGE}
                types = {name: str(field.args[name].type) for name in variables}
                yield Question("query", root, variables, types, selection if number else whole)

    def mutations(self) -> Iterator[Question]:
        """Each mutation, wherever it takes ids with those of somebody else."""
        owner = self.schema.mutation_type
        for root, field in owner.fields.items() if owner else ():
            selection = self._selection(field.type, 0, frozenset(), True)
            required = {name: arg for name, arg in field.args.items() if is_required_argument(arg)}
            types = {name: str(arg.type) for name, arg in required.items()}
            names_ids = any(get_named_type(arg.type).name == "ID" for arg in required.values())
            for given in self.ids if names_ids else self.ids[:1]:
                variables = {name: self._value(name, arg.type, given) for name, arg in required.items()}
                yield Question("mutation", root, variables, types, selection)

    def _variants(self, field: GraphQLField) -> Iterator[dict[str, Any]]:
        required = {name: arg for name, arg in field.args.items() if is_required_argument(arg)}
        base = {name: self._value(name, arg.type, self.ids[0]) for name, arg in required.items()}
        yield base
        for name, arg in field.args.items():
            # Cursors are never made up: a wrong one is refused before anything is looked at.
            for value in () if name in CURSORS else self._candidates(name, arg.type):
                if {**base, name: value} != base:
                    yield {**base, name: value}

    def _candidates(self, name: str, kind: Any) -> Iterator[Any]:
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(kind, GraphQLList):
            yield from ([value] for value in self._candidates(name, kind.of_type))
        elif isinstance(kind, GraphQLInputObjectType):
            required = {
                part: self._value(part, field.type, self.ids[0])
                for part, field in kind.fields.items()
                if is_required_input_field(field)
            }
            for part, field in kind.fields.items():
                # Of each condition one value: they narrow what is listed, and open nothing.
                yield {**required, part: next(self._candidates(part, field.type))}
        elif isinstance(kind, GraphQLEnumType):
            yield from list(kind.values)[:2]
        elif kind.name == "ID":
            yield from self.ids
        elif kind.name == "String":
            yield from self.texts
        else:
            yield self._value(name, kind, self.ids[0])

    def _value(self, name: str, kind: Any, given_id: str) -> Any:
        """One value of a kind; for ids the one that is tried."""
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(kind, GraphQLList):
            return [self._value(name, kind.of_type, given_id)]
        if isinstance(kind, GraphQLEnumType):
            return next(iter(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                part: self._value(part, field.type, given_id)
                for part, field in kind.fields.items()
                if is_required_input_field(field)
            }
        plain: dict[str, Any] = {
            "ID": given_id, "Int": PAGE, "Boolean": True, "Float": 1.0, "Date": self.later[:10], "DateTime": self.later,
            "JSON": {"title": "A probe of isolation", "facts": {"kind": "exercise"}},
        }  # fmt: skip
        return plain.get(kind.name, "probe")

    def _selection(self, kind: Any, depth: int, inside: frozenset[str], edges: bool) -> str:
        named = get_named_type(kind)
        if is_leaf_type(named):
            return ""
        if named.name in inside or depth > DEEPEST:
            return "{ __typename }"
        inside |= {named.name}
        if isinstance(named, GraphQLUnionType):
            parts = [f"... on {one.name} {self._selection(one, depth + 1, inside, edges)}" for one in named.types]
        elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            parts = [self._field(name, field, depth, inside, edges) for name, field in named.fields.items()]
            if isinstance(named, GraphQLInterfaceType):
                members = self.schema.get_possible_types(named)
                parts += [f"... on {one.name} {self._selection(one, depth + 1, inside, edges)}" for one in members]
        else:
            parts = []
        return "{ __typename " + " ".join(part for part in parts if part) + " }"

    def _field(self, name: str, field: GraphQLField, depth: int, inside: frozenset[str], edges: bool) -> str:
        if name == "edges" and not edges:
            return ""
        given = ", ".join(f"{arg}: {PAGE}" for arg in field.args if arg == "first")
        if any(is_required_argument(arg) and name != "first" for name, arg in field.args.items()):
            return ""
        return f"{name}{f'({given})' if given else ''} {self._selection(field.type, depth + 1, inside, edges)}"


def pack(questions: Iterator[Question]) -> Iterator[Document]:
    """Several questions to a document; queries only with others of the same field."""
    waiting: list[Question] = []
    for question in questions:
        # Only questions of one field: whoever is refused one of them is refused the others anyway.
        is_other = bool(waiting) and question.verb == "query" and waiting[0].root != question.root
        full = (
            is_other or len(waiting) >= MOST_QUESTIONS or sum(one.size for one in waiting) + question.size > MOST_FIELDS
        )
        if waiting and full:
            yield document_of(waiting)
            waiting = []
        waiting.append(question)
    if waiting:
        yield document_of(waiting)


def document_of(questions: list[Question]) -> Document:
    """One document of these questions."""
    declared, roots, variables = [], [], {}
    for number, question in enumerate(questions):
        given = []
        for name, value in question.variables.items():
            variables[f"q{number}_{name}"] = value
            declared.append(f"$q{number}_{name}: {question.types[name]}")
            given.append(f"{name}: $q{number}_{name}")
        arguments = f"({', '.join(given)})" if given else ""
        roots.append(f"q{number}: {question.root}{arguments} {question.selection}")
    head = f"{questions[0].verb}{'(' + ', '.join(declared) + ')' if declared else ''}"
    return Document(f"{head} {{ {' '.join(roots)} }}", variables, tuple(questions))
