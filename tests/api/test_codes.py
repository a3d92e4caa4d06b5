"""Errors have codes of a closed list that is written down, and no message is made of something internal."""

import ast
import re
from pathlib import Path

import orjson

import hub.api
from hub.api.refusals import ErrorCode
from hub.api.views import STRANGERS_ANSWER

FOLDER = Path(hub.api.__file__).parent
# Ways to say no that take a code of the list, or give one.
CODED = {"HttpRefusal", "CodedError", "bad_input", "bad_cursor", "not_available", "limit_exceeded", "too_large", "_bad"}
# Raised and caught in the same file, with words for the caller; or a mistake of ours, which is answered as a fault.
INSIDE = {"_Wrong": "exports.py", "ValueError": "uploads.py", "TypeError": "execution.py"}


def raises():
    """Every `raise` of the API: file, line, and what is raised."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and node.exc is not None:
                raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                yield path, node, raised.id if isinstance(raised, ast.Name) else ast.unparse(raised)


def test_everything_that_is_raised_has_a_code():
    found = list(raises())
    strange = [
        f"{path.name}:{node.lineno} {name}"
        for path, node, name in found
        if name not in CODED and INSIDE.get(name) != path.name
    ]
    assert strange == []
    assert len(found) > 20


def test_no_message_is_made_of_an_exception():
    quoted = [
        f"{path.name}:{node.lineno}"
        for path, node, _ in raises()
        for name in ast.walk(node.exc)
        if isinstance(name, ast.Name) and name.id in {"error", "exception", "exc", "e", "repr"}
    ]
    assert quoted == []


def test_the_list_is_written_down():
    table = re.findall(r"^\| `([A-Z_]+)` \| [0-9, ]+ \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert table == [code.value for code in ErrorCode]
    assert len(table) == 18
    assert orjson.loads(STRANGERS_ANSWER)["errors"][0]["extensions"]["code"] in table


def test_codes_stand_nowhere_but_in_the_list():
    """A code that is written out elsewhere would be one that the list does not know."""
    allowed = {code.value for code in ErrorCode}
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
                for key, value in zip(keys, node.values, strict=False):
                    if key == "code" and isinstance(value, ast.Constant):
                        assert value.value in allowed, path
