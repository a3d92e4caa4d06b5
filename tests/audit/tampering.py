"""What somebody who owns the database can do to the record: random acts, from a single letter to all of it."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

from hub.audit import merkle
from hub.audit.checkpoints import Checkpoint, SigningKey
from hub.audit.leaves import TABLES, leaf_of
from hub.audit.sealing import stored_rows
from tenants.identifiers import new_id

TEXTS = ("actor_key", "purpose", "action", "basis", "object_kind", "object_id", "request_id")
HOURS = 3_600_000 << 80


class Tamperer:
    """Acts as the owner of the schema, with a signing key of his own; `chance` decides what and where."""

    def __init__(self, cursor: Any, chance: random.Random, origin: str) -> None:
        self.cursor, self.chance = cursor, chance
        self.key = SigningKey.from_seed(origin, chance.randbytes(32))
        self.origin = origin

    def act(self, number: int) -> str:
        """An act, each kind in its turn, and perhaps everything that could hide it; returns what was done."""
        kinds = (self.edit, self.delete, self.insert, self.reorder, self.cut, self.forge_leaf, self.rewrite)
        act = kinds[number % len(kinds)]
        act()
        hides = act in (self.edit, self.delete, self.insert, self.reorder, self.cut) and self.chance.random() < 0.5
        if hides:
            self.rebuild(append_new=act == self.insert)
        return f"{act.__name__}{' and rebuild with another key' if hides else ''}"

    def edit(self) -> None:
        """Change one column of one row."""
        table, row_id = self._any_row()
        if table == "access_event":
            changes = [f"{column} = {column} || 'x'" for column in TEXTS]
            changes += ["occurred_at = occurred_at - interval '1 second'", "detail = detail || '{\"count\": 99}'",
                        "outcome = CASE outcome WHEN 'allowed' THEN 'refused' ELSE 'allowed' END", "user_id = NULL",
                        "commitments = '{}'", "tenant_id = gen_random_uuid()"]  # fmt: skip
        else:
            changes = ["case_ids = array_append(case_ids, gen_random_uuid())", "fields = '{}'", "is_raw = NOT is_raw",
                       "owner_tenant_id = gen_random_uuid()", "grant_ids = array_append(grant_ids, gen_random_uuid())",
                       "reader_key = reader_key || 'x'", "policy_version_ids = ARRAY[gen_random_uuid()]"]  # fmt: skip
        self._run(f"UPDATE audit.{table} SET {self.chance.choice(changes)} WHERE id = %s", row_id)

    def delete(self) -> None:
        """Remove one row."""
        table, row_id = self._any_row()
        self._run(f"DELETE FROM audit.{table} WHERE id = %s", row_id)

    def insert(self) -> None:
        """Put a row of some hours ago between the others."""
        copied = ", ".join(TABLES["access_event"][1:])
        old = UUID(int=new_id().int - self.chance.randrange(2, 200) * HOURS)
        self._run(
            f"INSERT INTO audit.access_event (id, {copied}) SELECT %s, {copied} FROM audit.access_event LIMIT 1", old
        )

    def reorder(self) -> None:
        """Exchange the rows of two positions."""
        first, second = self.chance.sample(range(self._size()), 2)
        self.cursor.execute(
            "SELECT position, source, row_id, hash FROM audit.sealed_leaf WHERE position IN (%s, %s)", [first, second]
        )
        (one, *its), (other, *others) = self.cursor.fetchall()
        self.cursor.execute("DELETE FROM audit.sealed_leaf WHERE position IN (%s, %s)", [first, second])
        for position, leaf in ((one, others), (other, its)):
            self._run(
                "INSERT INTO audit.sealed_leaf (position, source, row_id, hash) VALUES (%s, %s, %s, %s)",
                position,
                *leaf,
            )

    def cut(self) -> None:
        """Remove the end of the log, its rows and the checkpoints that speak of it."""
        kept = self.chance.randrange(self._size())
        for table in TABLES:
            self.cursor.execute(
                f"DELETE FROM audit.{table} WHERE id IN (SELECT row_id FROM audit.sealed_leaf WHERE position >= %s)",
                [kept],
            )
        self._run("DELETE FROM audit.sealed_leaf WHERE position >= %s", kept)
        self.cursor.execute("DELETE FROM audit.checkpoint WHERE size > %s", [kept])

    def forge_leaf(self) -> None:
        """Change the hash of a leaf, and the row with it."""
        self.edit()
        self._run("UPDATE audit.sealed_leaf SET hash = sha256('forged') WHERE position = %s", self._position())

    def rewrite(self) -> None:
        """Tell another story from the first row to the last, make the log over it anew and sign it oneself."""
        changed = self.chance.choice(["actor_key = 'user:nobody'", "outcome = 'refused'", "purpose = purpose || 'x'"])
        self._run(f"UPDATE audit.access_event SET {changed}")
        self.rebuild(append_new=False)

    def rebuild(self, *, append_new: bool) -> None:
        """Make the whole log anew over what is there now, and sign it with one's own key."""
        self.cursor.execute("SELECT source, row_id FROM audit.sealed_leaf ORDER BY position")
        leaves: list[tuple[str, UUID]] = self.cursor.fetchall()
        if append_new:
            self.cursor.execute(
                "SELECT 'access_event', id FROM audit.access_event"
                " WHERE id NOT IN (SELECT row_id FROM audit.sealed_leaf)"
            )
            place = self.chance.randrange(len(leaves))
            leaves[place:place] = self.cursor.fetchall()
        rows = {}
        for table in TABLES:
            rows |= stored_rows(self.cursor, table, [row_id for source, row_id in leaves if source == table])
        for table in ("sealed_leaf", "tree_node", "checkpoint"):
            self.cursor.execute(f"DELETE FROM audit.{table}")
        nodes: dict[tuple[int, int], bytes] = {}
        read: Callable[[int, int], bytes] = lambda level, index: nodes[level, index]  # noqa: E731
        size = 0
        for source, row_id in leaves:
            if row_id not in rows:
                continue
            digest = merkle.leaf_hash(leaf_of(source, rows[row_id]))
            for level, index, value in merkle.completed_nodes(size, digest, read):
                nodes[level, index] = value
            self._run("INSERT INTO audit.sealed_leaf VALUES (%s, %s, %s, %s)", size, source, row_id, digest)
            size += 1
        if size:
            checkpoint = Checkpoint(self.origin, size, merkle.root_of(size, read))
            self._run(
                "INSERT INTO audit.checkpoint (size, root, note, verifier) VALUES (%s, %s, %s, %s)",
                size, checkpoint.root, self.key.sign(checkpoint), self.key.verifier,
            )  # fmt: skip

    def _any_row(self) -> tuple[str, UUID]:
        self.cursor.execute("SELECT source, row_id FROM audit.sealed_leaf WHERE position = %s", [self._position()])
        found: tuple[str, UUID] = self.cursor.fetchone()
        return found

    def _position(self) -> int:
        return self.chance.randrange(self._size())

    def _size(self) -> int:
        self.cursor.execute("SELECT count(*) FROM audit.sealed_leaf")
        return int(self.cursor.fetchone()[0])

    def _run(self, statement: str, *values: object) -> None:
        self.cursor.execute(statement, values)
        assert self.cursor.rowcount != 0, statement
