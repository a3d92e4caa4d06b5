"""Reads structure inside text: fields and keys, key=value, SQL, headers, query strings, log phrases, home folders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..segments import Segment, Surface
from ..spans import Span
from .key_names import category_of_key
from .lexicon import is_known, is_ordinary

version = "1"

# Words that stand in fields of any kind and say nothing about anybody.
_NEUTRAL = frozenset(
    [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "yes",
        "no",
        "on",
        "off",
        "ok",
        "success",
        "failed",
        "failure",
        "error",
        "running",
        "active",
        "inactive",
        "enabled",
        "disabled",
        "pending",
        "open",
        "closed",
        "unknown",
        "n/a",
        "na",
        "new",
        "default",
        "string",
        "integer",
        "number",
        "object",
        "array",
        "required",
        "optional",
        "undefined",
        "str",
        "int",
        "bool",
        "boolean",
        "any",
        "self",
        "this",
        "and",
        "or",
        "not",
        "missing",
        "invalid",
        "empty",
        "redacted",
        "hidden",
        "anonymous",
        "masked",
        "the",
        "a",
        "an",
        "is",
        "are",
        "was",
        "were",
        "be",
        "has",
        "have",
        "had",
        "to",
        "for",
        "of",
        "in",
        "by",
        "with",
        "from",
        "at",
        "it",
        "expired",
        "denied",
        "granted",
        "rejected",
        "accepted",
        "valid",
        "changed",
        "reset",
    ]
)
_PLACEHOLDER = re.compile(
    (
        r"\$\{?[\w.]*\}?|<[^<>]*>|\{\{?[^{}]*\}?\}|%\(?\w*\)?s?|[*xX•.#-]{2,}|process\.env[\w.]*|"
        r"os\.environ.*|env\.\w*|self\.\w+|[a-z_]\w*\([^()]*\)|\.\.\.|[A-Z_]+_[0-9a-f]{6}"
    ),
    re.DOTALL,
)
_HAS_SUBSTANCE = re.compile(r"[^\W_]")


def is_telling(value: str, category: str) -> bool:
    """Whether a field's value says something about a person or opens a door."""
    stripped = value.strip().strip("\"'")
    if not _HAS_SUBSTANCE.search(stripped) or stripped.lower() in _NEUTRAL or _PLACEHOLDER.fullmatch(stripped):
        return False
    if category == "SECRET":
        return len(stripped) >= 4 and not (stripped.isdigit() and len(stripped) < 4)
    if category == "PERSON":
        return not stripped.replace(".", "").isdigit() and len(stripped) >= 2
    if category in ("EMAIL_ADDRESS",):
        return "@" in stripped or len(stripped) >= 5
    if category == "IP_ADDRESS":
        return any(c in stripped for c in ".:")
    return True


# Under a case's typed facts a person or an account may stand under a key that says so; titles of models stay.
_SURE_IN_FACTS = frozenset(
    {
        "SECRET",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "USERNAME",
        "GOVERNMENT_ID",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "IP_ADDRESS",
        "ACCOUNT_ID",
    }
)
_SENTENCE = 200


def find_field(segment: Segment) -> Iterator[Span]:
    """The whole value, when the key above it says that it is sensitive."""
    if not segment.keys or segment.surface == Surface.KEY:
        return
    key = segment.keys[-1]
    parent = segment.keys[-2] if len(segment.keys) > 1 else ""
    category = category_of_key(key, parent)
    if category is None and parent:
        # {"address": {"line1": ...}} and {"emails": {"work": ...}}: the map's key speaks for its entries.
        inherited = category_of_key(parent)
        if inherited in ("ADDRESS", "EMAIL_ADDRESS", "PHONE_NUMBER", "COORDINATE"):
            category = inherited
    if category is None or (segment.surface == Surface.FACT and category not in _SURE_IN_FACTS):
        return
    text = segment.text
    if (
        segment.surface == Surface.NUMBER
        and category
        in (
            "PERSON",
            "LOCATION",
            "ORGANIZATION",
            "DEMOGRAPHIC",
            "HEALTH",
            "URL",
        )
        and (category != "LOCATION" or len(text) < 4)
    ):
        return
    if len(text) > _SENTENCE and category not in ("SECRET", "ADDRESS"):
        return
    if is_telling(text, category):
        yield Span(0, len(text), category, 0.85, "field")


_PAIR = re.compile(
    r"""(?<![\w$])(["'`]?)([A-Za-z_@$\u00c0-\u024f][\w.\u00c0-\u024f -]{0,40}?)\1[ \t]{0,3}(=>|:=|==?|:)[ \t]{0,3}
        (?:[bru]?(["'`])((?:\\.|(?!\4)[^\n\\]){0,400})\4|([^\s"'`,;&<>(){}\[\]|]{1,300}))""",
    re.VERBOSE,
)
# An unquoted value of these may be several words: "Name: Anna Maria Schmidt".
_REST_OF_LINE = re.compile(r"[ \t]*[^\n,;|<>\[\](){}\"=&]{1,80}")
_CODE_VALUE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]\w*)+|//.*")
_LINE_CATEGORIES = frozenset({"PERSON", "ADDRESS", "PHONE_NUMBER"})
_IN_TEXT = frozenset(
    [
        "SECRET",
        "PERSON",
        "USERNAME",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "ADDRESS",
        "GOVERNMENT_ID",
        "DEVICE_ID",
        "IP_ADDRESS",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "ACCOUNT_ID",
        "DATE_OF_BIRTH",
        "COORDINATE",
        "HEALTH",
    ]
)


def find_pairs(text: str) -> Iterator[Span]:
    """key=value, key: value and "key": "value" in running text, logs, code, environment files and headers."""
    if "=" not in text and ":" not in text:
        return
    for match in _PAIR.finditer(text):
        key = match[2].strip()
        words = key.split()
        # In prose the words before a colon are a sentence; the last three can be a field's name.
        category = category_of_key(" ".join(words[-3:]).rpartition(".")[2])
        if category not in _IN_TEXT:
            continue
        quoted = match[4] is not None
        start, end = match.span(5 if quoted else 6)
        if not quoted:
            if (
                match[3] == ":"
                and text[match.end(2) : start].count(":")
                and text[start - 1] == ":"
                and not text[start:end].strip("/")
            ):
                continue
            may_look_like_code = category in ("USERNAME", "IP_ADDRESS", "EMAIL_ADDRESS") or "@" in text[start:end]
            if not may_look_like_code and _CODE_VALUE.fullmatch(text[start:end]):
                continue
            if category in _LINE_CATEGORIES and match[3] == ":":
                start, end = _line_value(text, start, category)
        if end <= start or not is_telling(text[start:end], category):
            continue
        if category == "PERSON" and not re.search(r"[A-ZÀ-Þ]|^[a-z]+[._][a-z]+", text[start:end]) and not quoted:
            continue
        yield Span(start, end, category, 0.7, "pair")


def _line_value(text: str, start: int, category: str) -> tuple[int, int]:
    rest = _REST_OF_LINE.match(text, start)
    if rest is None:
        return start, start
    value = rest[0].rstrip()
    words = value.split()
    if category == "PERSON":
        taken = 0
        for word in words[:5]:
            if not (
                word[:1].isupper()
                or word in ("de", "van", "von", "der", "den", "da", "del", "di", "la", "le", "al", "bin")
            ):
                break
            taken += 1
        if taken == 0:
            return start, start + len(words[0]) if words else start
        value = re.match(rf"\s*(?:\S+\s*){{{taken}}}", value)[0].rstrip(" .")  # type: ignore[index]
    elif category == "PHONE_NUMBER":
        value = re.match(r"[ \t]*[+\d(][\d ()./+x-]*|", value)[0].rstrip()  # type: ignore[index]
    elif len(words) > 10:
        return start, start
    return start, start + len(value)


_SQL_COMPARISON = re.compile(
    (
        r"[\"`\[]?([A-Za-z_][\w .]{0,60}?)[\"`\]]?\s{0,3}(?:=|<>|!=|\bI?LIKE\b|\bIN\s{0,3}\()\s{0,3}'((?:''|"
        r"[^'\n]){1,300})'"
    ),
    re.IGNORECASE,
)
_SQL_INSERT = re.compile(
    r"INSERT\s+INTO\s+\S+\s*\(([^()]{1,2000})\)\s*VALUES\s*((?:\([^()]{1,4000}\)\s*,?\s*)+)", re.IGNORECASE
)
_SQL_VALUE = re.compile(r"'(?:''|[^'])*'|[^,]+")
_SQL_ROW = re.compile(r"\(([^()]*)\)")


def find_sql(text: str) -> Iterator[Span]:
    """Values compared with or inserted into columns whose names say what they hold."""
    if "'" not in text:
        return
    for match in _SQL_COMPARISON.finditer(text):
        category = category_of_key(match[1].strip().split()[-1].rpartition(".")[2]) if match[1].strip() else None
        if category and is_telling(match[2], category):
            yield Span(*match.span(2), category, 0.8, "sql")
    for match in _SQL_INSERT.finditer(text):
        columns = [column.strip(" \"'`[]\n") for column in match[1].split(",")]
        for row in _SQL_ROW.finditer(text, *match.span(2)):
            values = list(_SQL_VALUE.finditer(text, *row.span(1)))
            if len(values) != len(columns):
                continue
            for column, value in zip(columns, values, strict=True):
                category = category_of_key(column)
                if category and is_telling(value[0], category):
                    yield Span(*value.span(), category, 0.8, "sql")


_QUERY = re.compile(r"[?&;]([\w.%\[\]-]{1,60})=([^&#\s\"'<>;]{1,500})")
_CSV_LINE = re.compile(r"[^\n]+")


def find_query(text: str) -> Iterator[Span]:
    """Parameters of URLs and forms."""
    if "=" not in text:
        return
    for match in _QUERY.finditer(text):
        category = category_of_key(match[1])
        if category and category not in ("URL", "DATE_TIME", "ORGANIZATION") and is_telling(match[2], category):
            yield Span(*match.span(2), category, 0.75, "query")


def find_table(text: str) -> Iterator[Span]:
    """Columns of comma, semicolon, tab or bar separated rows under a header line."""
    lines = list(_CSV_LINE.finditer(text))
    if not 2 <= len(lines) <= 20_000:
        return
    separator = max(",;\t|", key=lines[0][0].count)
    columns = lines[0][0].count(separator) + 1
    if columns < 2:
        return
    names = [name.strip(" \"'") for name in lines[0][0].split(separator)]
    if any(len(name) > 40 or not re.fullmatch(r"[\w .#()/-]*", name) for name in names):
        return
    wanted = {i: category for i, name in enumerate(names) if (category := category_of_key(name)) is not None}
    person = {i: "PERSON" for i, name in enumerate(names) if name.lower() in ("name", "contact")}
    wanted = {**person, **wanted}
    if not wanted:
        return
    for line in lines[1:]:
        cells = _cells(line[0], separator)
        if len(cells) != columns:
            continue
        for index, category in wanted.items():
            start, end = cells[index]
            if is_telling(line[0][start:end], category):
                yield Span(line.start() + start, line.start() + end, category, 0.75, "table")


def _cells(line: str, separator: str) -> list[tuple[int, int]]:
    cells, start, is_quoted = [], 0, False
    for position, character in enumerate(line):
        if character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            cells.append((start, position))
            start = position + 1
    cells.append((start, len(line)))
    return [
        (
            begin + len(line[begin:end]) - len(line[begin:end].lstrip(" \"'")),
            begin + len(line[begin:end].rstrip(" \"'\r")),
        )
        for begin, end in cells
    ]


_HOME = re.compile(
    r"(?:/home/|/Users/|/users/|/export/home/|/var/spool/mail/|/var/mail/|[A-Za-z]:\\{1,4}(?:Users|"
    r"Documents and Settings)\\{1,4}|~(?=[a-z]))([^/\\\s:\"'<>,;)]{2,64})"
)
# Work folders that carry an account's name: only words that look like one.
_WORK_FOLDER = re.compile(
    r"/(?:srv|data|scratch|mnt|workspace|workspaces|nfs|work|projects?|var/www|tmp|opt|exports?|"
    r"shared?)/([a-z][a-z._-]{2,30}\d{1,4})(?=/)"
)
_URL_USER = re.compile(r"://([^\s/@:\"'<>]{3,64})(?::[^\s/@\"'<>]{1,256})?@")
_LOGIN_WORD = re.compile(r"(?<![\w.@/-])([a-z]{5,24})\d{2,4}(?![\w-])")
_NOT_HOMES = frozenset(
    [
        "public",
        "shared",
        "default",
        "administrator",
        "admin",
        "root",
        "runner",
        "ubuntu",
        "app",
        "user",
        "users",
        "service",
        "vscode",
        "circleci",
        "jenkins",
    ]
)
_LOGIN = re.compile(
    r"""(?:\b(?:invalid\ user|for\ user|by\ user|user|ruser|logname|username|login|logged\ in\ as|signed\ in\ as|
        account|password\ for|
        publickey\ for|impersonat\w+|on\ behalf\ of|(?:\w+ed|run|op|ticket|and|or)\ by|by|op|operator|
        caller|runner|who|session\ (?:opened|closed)\ for\ user|su:\ \(to\ \w+\)|owner|assigned\ to|actor|uid)
        \s{0,2}[=:]?\s{0,2}["'\[(<]?|(?:^|\n)[ ]{0,4}(?:--|\#|//)\s)([A-Za-z_][\w.$@\\-]{1,60})""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOKS_LIKE_LOGIN = re.compile(r"(?=.*\d)[a-z][a-z0-9]{3,}|[a-z]+[._][a-z]+\d*|[A-Z]+\\\w+|[a-z]+\$")
_AFTER_LOGIN = re.compile(
    r"[\"'\])>]?\s{0,2}(?:from|by|logged|uid|not in|on \S+:|port|at \d|failed|\)|\]|;)", re.IGNORECASE
)
_AT_HANDLE = re.compile(r"(?<![\w@./+])@([A-Za-z][\w.-]{2,38}[A-Za-z0-9])(?![\w@]|\()")
_NOT_HANDLES = frozenset(
    [
        "here",
        "channel",
        "everyone",
        "property",
        "staticmethod",
        "classmethod",
        "override",
        "param",
        "return",
        "returns",
        "author",
        "dataclass",
        "app",
        "pytest",
        "media",
        "types",
        "latest",
        "abstractmethod",
        "cached_property",
        "tf",
        "torch",
        "nn",
        "jit",
        "keyframes",
        "import",
        "charset",
        "deprecated",
        "see",
        "since",
        "version",
        "todo",
    ]
)


def find_users(text: str, surface: Surface) -> Iterator[Span]:
    """Login names: in paths of home folders, in the phrases of log lines, after an at sign."""
    if "/" in text or "\\" in text or "~" in text:
        for match in _HOME.finditer(text):
            if match[1].lower() not in _NOT_HOMES:
                yield Span(*match.span(1), "USERNAME", 0.8, "path")
        for match in _WORK_FOLDER.finditer(text):
            if not is_ordinary(match[1].rstrip("0123456789")):
                yield Span(*match.span(1), "USERNAME", 0.6, "path")
        for match in _URL_USER.finditer(text):
            if match[1].lower() not in _NOT_HOMES and not _PLACEHOLDER.fullmatch(match[1]):
                yield Span(*match.span(1), "USERNAME", 0.7, "path")
    if surface in (Surface.LOG, Surface.CODE):
        for match in _LOGIN_WORD.finditer(text):
            # A word of no language with a number behind it, among log fields: an account's name.
            if not is_ordinary(match[1]):
                yield Span(*match.span(), "USERNAME", 0.55, "login")
    for match in _LOGIN.finditer(text):
        name = match[1].rstrip(".-")
        if name.lower() in _NEUTRAL or name.lower() in _NOT_HOMES:
            continue
        if is_known(name.rstrip("0123456789")) and not re.search(r"[._\\]", name):
            continue
        if _LOOKS_LIKE_LOGIN.fullmatch(name) or (
            surface == Surface.LOG and _AFTER_LOGIN.match(text, match.end(1)) and name[0].islower()
        ):
            yield Span(match.start(1), match.start(1) + len(name), "USERNAME", 0.65, "phrase")
    if "@" in text and surface != Surface.CODE:
        for match in _AT_HANDLE.finditer(text):
            if match[1].lower() not in _NOT_HANDLES:
                yield Span(*match.span(1), "USERNAME", 0.55, "handle")


def find(segment: Segment) -> Iterator[Span]:
    """Everything that the structure of a segment tells."""
    yield from find_field(segment)
    if segment.surface in (Surface.NUMBER, Surface.KEY):
        return
    text = segment.text
    yield from find_pairs(text)
    yield from find_query(text)
    yield from find_users(text, segment.surface)
    if segment.surface != Surface.FACT:
        yield from find_sql(text)
        if "\n" in text:
            yield from find_table(text)
