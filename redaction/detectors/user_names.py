"""Login names: in home folders and URLs, in the phrases of log lines, after an at sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..segments import Surface
from ..spans import Span
from .field_values import NEUTRAL, PLACEHOLDER
from .lexicon import is_known, is_ordinary
from .word_lists import word_list

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
_NOT_HOMES = word_list("shared_accounts.txt")
_LOGIN = re.compile(
    r"""(?:\b(?:(?:login|user\ ?name|user|account)\ is|
        invalid\ user|for\ user|by\ user|user|ruser|logname|username|login|logged\ in\ as|signed\ in\ as|
        account|password\ for|(?:sign|log)\ in\ as|
        (?:secret|token|key|session|quota|home)\ for|
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
_NOT_HANDLES = word_list("decorator_words.txt")


# "saved by lanternned45": who did it, though the name is put together from words.
_DONE_BY = re.compile(r"\bby ([a-z]{5,}\d{2,4})(?![\w.-])")


def find(text: str, surface: Surface) -> Iterator[Span]:
    """Login names: in paths of home folders, in the phrases of log lines, after an at sign."""
    if "/" in text or "\\" in text or "~" in text:
        for match in _HOME.finditer(text):
            if match[1].lower() not in _NOT_HOMES:
                yield Span(*match.span(1), "USERNAME", 0.8, "path")
        for match in _WORK_FOLDER.finditer(text):
            if not is_ordinary(match[1].rstrip("0123456789")):
                yield Span(*match.span(1), "USERNAME", 0.6, "path")
        for match in _URL_USER.finditer(text):
            if match[1].lower() not in _NOT_HOMES and not PLACEHOLDER.fullmatch(match[1]):
                yield Span(*match.span(1), "USERNAME", 0.7, "path")
    if surface == Surface.LOG:
        for match in _DONE_BY.finditer(text):
            yield Span(*match.span(1), "USERNAME", 0.65, "phrase")
    if surface in (Surface.LOG, Surface.CODE):
        for match in _LOGIN_WORD.finditer(text):
            # A word of no language with a number behind it, among log fields: an account's name.
            if not is_ordinary(match[1]):
                yield Span(*match.span(), "USERNAME", 0.55, "login")
    for match in _LOGIN.finditer(text):
        name = match[1].rstrip(".-")
        if name.lower() in NEUTRAL or name.lower() in _NOT_HOMES:
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
