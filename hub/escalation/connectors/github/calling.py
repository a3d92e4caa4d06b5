"""Requests to GitHub's REST API: address, headers, and where a repository is."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from hub.outgoing.http import Answer

from ..contract import Message, NotAccepted, Setting, Target, ask, url_problem

API_VERSION = "2022-11-28"
PUBLIC_API = "https://api.github.com"
REPOSITORY = Setting("repository", "Repository", "owner/name")
API = Setting("api", "API address", "For GitHub Enterprise: https://host/api/v3. Empty: github.com.", is_required=False)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


def repository_problems(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a repository and its API."""
    name = settings["repository"]
    if not _REPOSITORY.fullmatch(name) or name.endswith(("/.", "/..")):
        return [("repository", "Give the repository as owner/name.")]
    return url_problem("api", settings["api"]) if settings.get("api") else []


def call(
    method: str, path: str, body: str, *, message: Message, target: Target, answer_bytes: int = 262_144
) -> tuple[Answer, Any]:
    """One request below the repository, and its answer as JSON."""
    base = (target.settings.get("api") or PUBLIC_API).rstrip("/")
    headers = {
        "accept": "application/vnd.github+json",
        "authorization": f"Bearer {target.secrets[0]}" if target.secrets else "",
        "x-github-api-version": API_VERSION,
        "content-type": "application/json",
    }
    answer = ask(
        method, f"{base}/repos/{target.settings['repository']}{path}", headers=headers, body=body,
        now=message.sent_at, seconds=target.seconds, answer_bytes=answer_bytes,
    )  # fmt: skip
    if not answer.body:
        return answer, None
    try:
        return answer, orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise NotAccepted("answer_unreadable", status=answer.status) from None
