"""All state of one marketplace: documents in tables, and what a lagging list still shows of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sandbox.ordercloud.errors import id_exists, not_found
from sandbox.ordercloud.schema import Document, timestamp

ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
Parent = tuple[str, ...]


class Change(NamedTuple):
    """One document written or deleted while a call was handled."""

    table: str
    parent: Parent
    own_id: str
    deleted: bool


@dataclass
class Store:
    """Documents by table, ids of their parents and own id. They are replaced, not mutated."""

    clock: Callable[[], datetime]
    rng: random.Random
    list_lag: Callable[[], timedelta]
    _tables: dict[str, dict[Parent, dict[str, Document]]] = field(default_factory=dict)
    _stale: dict[tuple[str, Parent, str], tuple[datetime, Document | None]] = field(default_factory=dict)
    _changes: list[Change] = field(default_factory=list)

    def snapshot(self) -> tuple[Any, ...]:
        """All documents, what lagging lists show of them, and the state of chance."""
        return self._tables, self._stale, self.rng.getstate()

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Restore a snapshot."""
        self._tables, self._stale, chance = snapshot
        self.rng.setstate(chance)

    def now(self) -> str:
        return timestamp(self.clock())

    def new_id(self) -> str:
        return "".join(self.rng.choices(ID_ALPHABET, k=22))

    def find(self, table: str, parent: Parent, own_id: str) -> Document | None:
        return self._tables.get(table, {}).get(parent, {}).get(own_id)

    def get(self, table: str, parent: Parent, own_id: str, object_type: str) -> Document:
        """The document, or a 404 that names its type and id."""
        document = self.find(table, parent, own_id)
        if document is None:
            raise not_found(object_type, own_id)
        return document

    def under(self, table: str, parent: Parent) -> list[Document]:
        """The documents of one parent in the order of their creation."""
        return list(self._tables.get(table, {}).get(parent, {}).values())

    def everywhere(self, table: str) -> Iterator[tuple[Parent, Document]]:
        """Every document of a table with its parent, e.g. users with their buyer."""
        for parent, documents in self._tables.get(table, {}).items():
            for document in documents.values():
                yield parent, document

    def put(self, table: str, parent: Parent, document: Document) -> Document:
        own_id = str(document["ID"])
        self._keep_stale(table, parent, own_id)
        self._tables.setdefault(table, {}).setdefault(parent, {})[own_id] = document
        self._changes.append(Change(table, parent, own_id, deleted=False))
        return document

    def add(self, table: str, parent: Parent, document: Document, object_type: str) -> Document:
        """Put a new document, giving it an id if it has none; 409 if the id is taken."""
        own_id = document.get("ID") or self.new_id()
        if self.find(table, parent, own_id) is not None:
            raise id_exists(object_type, own_id)
        return self.put(table, parent, {**document, "ID": own_id})

    def delete(self, table: str, parent: Parent, own_id: str, object_type: str) -> None:
        self.get(table, parent, own_id, object_type)
        self._keep_stale(table, parent, own_id)
        del self._tables[table][parent][own_id]
        self._changes.append(Change(table, parent, own_id, deleted=True))

    def take_changes(self) -> list[Change]:
        """What changed since the last time this was asked, each document once."""
        changes, self._changes = list(dict.fromkeys(self._changes)), []
        return changes

    def as_listed(self, table: str, parent: Parent, document: Document) -> Document | None:
        """What a list shows of a document: an older state, or nothing, while the search index lags."""
        stale = self._stale.get((table, parent, str(document["ID"])))
        if stale is None:
            return document
        until, shown = stale
        return shown if self.clock() < until else document

    def _keep_stale(self, table: str, parent: Parent, own_id: str) -> None:
        lag = self.list_lag()
        if not lag:
            return
        key, now = (table, parent, own_id), self.clock()
        stale = self._stale.get(key)
        if stale is None or stale[0] <= now:
            self._stale[key] = (now + lag, self.find(table, parent, own_id))
