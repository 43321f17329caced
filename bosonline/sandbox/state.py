"""The sandbox's memory: one SQLite file that survives a hard kill."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (kind TEXT, id TEXT, seq INTEGER, body TEXT, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS docs_seq ON docs (kind, seq DESC);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER);
"""


class State:
    """Documents by kind and id. Every call is its own transaction; ``lock`` serialises read-change-write."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lock = threading.RLock()
        self.db = sqlite3.connect(folder / "state.sqlite3", check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)

    def next(self, name: str, start: int = 1) -> int:
        with self.lock:
            self.db.execute("INSERT OR IGNORE INTO counters VALUES (?, ?)", (name, start - 1))
            row = self.db.execute(
                "UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value", (name,)
            ).fetchone()
            return int(row[0])

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        with self.lock:
            self.db.execute(
                "INSERT INTO docs VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, key, self.next("seq"), json.dumps(body)),
            )

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        with self.lock:
            row = self.db.execute("SELECT body FROM docs WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str, limit: int = 200) -> list[dict[str, Any]]:
        """The newest first."""
        with self.lock:
            rows = self.db.execute(
                "SELECT body FROM docs WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, limit)
            ).fetchall()
        return [json.loads(r[0]) for r in rows]

    def delete(self, kind: str, key: str) -> None:
        with self.lock:
            self.db.execute("DELETE FROM docs WHERE kind = ? AND id = ?", (kind, key))

    def reset(self) -> None:
        with self.lock:
            self.db.execute("DELETE FROM docs")
            self.db.execute("DELETE FROM counters")
