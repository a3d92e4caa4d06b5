"""The verdict: how much was planted, how much of it was found anywhere, and how much of the rest is still readable."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from .client import Answers
from .planting import Planter
from .scanning import Leak, Scanner

LEAST_PLANTED = 300
MOST_GONE = 0.15
# Where raw text belongs; everything else of a database dump must be free of it.
RAW_TABLES = {"catalog_casetext", "catalog_evidencebody", "catalog_caseversion"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures of a run."""

    planted_values: int
    planted_places: int
    leaks: tuple[Leak, ...]
    gone_share: float
    most_gone: float
    projections_read: int

    @property
    def is_good(self) -> bool:
        """Nothing got out, enough was planted to mean something, and what failed stayed readable."""
        return not self.leaks and self.planted_values >= LEAST_PLANTED and 0 <= self.gone_share <= MOST_GONE


def judge(planter: Planter, leaks: Iterable[Leak], kept: list[float]) -> Verdict:
    """Put the figures together. No projection read means that nothing was shown."""
    return Verdict(
        planted_values=len(planter.distinct_values()),
        planted_places=len(planter.planted),
        leaks=tuple(leaks),
        gone_share=1 - sum(kept) / len(kept) if kept else 1.0,
        most_gone=1 - min(kept) if kept else 1.0,
        projections_read=len(kept),
    )


def search_everywhere(scanner: Scanner, answers: Answers, folder: Path) -> list[Leak]:
    """Search what left the hub and what it keeps beside raw text: answers, pages, logs, checkpoints, Valkey, tables."""
    leaks: list[Leak] = []
    for where, text in [*answers.kept, *_files(folder), *_broker(), *_tables()]:
        leaks += scanner.scan(text, where)
    return leaks


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted([*folder.rglob("*.log"), *folder.glob("checkpoints.txt")]):
        yield f"file {path.name}", path.read_text("utf-8", "replace")


def _broker() -> Iterator[tuple[str, str]]:
    client = redis.Redis.from_url(os.environ["BROKER_URL"].replace("redis+socket://", "unix://"))
    for key in client.scan_iter():
        value = client.dump(key)
        yield "Valkey", f"{key!r} {value!r}"


def _tables() -> Iterator[tuple[str, str]]:
    """Every table but the raw ones, as a dump by the migration role would hold it."""
    with psycopg.connect(os.environ["BACKUP_DATABASE_URL"]) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'audit')"
        ).fetchall()
        for schema, table in tables:
            if table in RAW_TABLES:
                continue
            # What a team keeps of its own cases under its internal profile is not on its way to anybody else.
            abroad = sql.SQL("WHERE public_id LIKE 'c\\_%'" if table == "sharing_projection" else "")
            rows = connection.execute(
                sql.SQL("SELECT t::text FROM {} t {}").format(sql.Identifier(schema, table), abroad)
            )
            yield f"table {table}", "\n".join(row for (row,) in rows)


def show_side_by_side(raw: dict[str, Any], node: dict[str, Any], console: Console) -> None:
    """The same case for its owner and for the other team."""
    width = (console.width - 4) // 2
    panels = [
        Panel(Text(_excerpt(raw["title"], raw["summary"], raw["evidence"])), title="its owner reads", width=width),
        Panel(
            Text(_excerpt(node["title"], node["summary"], node["evidence"])), title="carol reads", width=width,
            border_style="green",
        ),
    ]  # fmt: skip
    console.print(Columns(panels))


def show_before_and_after(before: list[dict[str, Any]], after: list[dict[str, Any]], console: Console) -> None:
    """What the same query answered, before a grant was revoked and after."""
    width = (console.width - 4) // 2
    panels = [
        Panel(Text(_listing(nodes, width - 4)), title=f"{when}: {len(nodes)} cases", width=width, border_style=colour)
        for when, nodes, colour in (("before", before, "green"), ("after", after, "red"))
    ]
    console.print(Columns(panels))


def _listing(nodes: list[dict[str, Any]], width: int) -> str:
    lines = [f"{node['title'][: width - 1]}…" if len(node["title"]) > width else node["title"] for node in nodes[:4]]
    return "\n".join([*lines, *([f"and {len(nodes) - 4} more"] if len(nodes) > 4 else [])] or ["nothing is shared"])


def _excerpt(title: str, summary: str, evidence: list[dict[str, Any]]) -> str:
    text = next((item["payload"] for item in evidence if isinstance(item["payload"], str)), "")
    lines = text.splitlines()[:8]
    return "\n".join([title, "", summary, "", *(line[:200] for line in lines)])


def show_verdict(verdict: Verdict, answers: Answers, console: Console) -> None:
    """The figures, and where a leak was if there was one; never the value itself."""
    console.rule("[bold]What was planted, and what was found[/]")
    console.print(
        f"{verdict.planted_values} values were planted in {verdict.planted_places} places. Searched:"
        f" {len(answers.kept)} answers and pages, all logs and checkpoints, Valkey, and every table without raw text."
    )
    colour = "bold red" if verdict.leaks else "bold green"
    console.print(f"[{colour}]{len(verdict.leaks)} of them were found[/] outside their own team.")
    for (where, category, form), count in Counter(
        (leak.where, leak.planted.category, leak.planted.form) for leak in verdict.leaks
    ).most_common(20):
        console.print(f"  [red]{count} × {category} (planted as {form}) in {where}[/]")
    is_readable = verdict.gone_share <= MOST_GONE
    console.print(
        f"[{'bold green' if is_readable else 'bold red'}]{verdict.gone_share:.1%} of the other characters are gone[/]"
        f" in {verdict.projections_read} projections"
        f" (limit {MOST_GONE:.0%}; the most in one case {verdict.most_gone:.1%})."
    )
