"""The five calls that every plain resource has: list, get, POST, PUT, PATCH and DELETE."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Reply, Route
from sandbox.ordercloud.schema import Document, Model
from sandbox.ordercloud.store import Parent, Store

Prepare = Callable[[Call, Document, Document | None], Document]
Show = Callable[[Parent, Document], Document]


def as_it_is(_call: Call, document: Document, _before: Document | None) -> Document:
    return document


@dataclass(frozen=True)
class Collection:
    """A resource that is stored as it comes.

    `template` ends in the collection (`v1/buyers/{buyerID}/users`), `parents` are the path parameters
    above it with the table and type that must hold them. `prepare` checks and completes a document before it
    is stored.
    """

    table: str
    model: Model
    template: str
    id_param: str
    readers: frozenset[str]
    writers: frozenset[str]
    parents: tuple[tuple[str, str, str], ...] = ()
    prepare: Prepare = as_it_is
    show: Show | None = None


class Crud:
    """The handlers of one collection."""

    def __init__(self, store: Store, collection: Collection, nested_xp: Callable[[], bool]) -> None:
        self._store = store
        self._of = collection
        self._nested_xp = nested_xp

    def routes(self) -> list[Route]:
        one = f"{self._of.template}/{{{self._of.id_param}}}"
        readers, writers = self._of.readers | self._of.writers, self._of.writers
        return [
            Route("GET", self._of.template, readers, self.list_all),
            Route("POST", self._of.template, writers, self.create),
            Route("GET", one, readers, self.get),
            Route("PUT", one, writers, self.replace),
            Route("PATCH", one, writers, self.patch),
            Route("DELETE", one, writers, self.delete),
        ]

    def list_all(self, call: Call) -> Reply:
        parent = self._parent(call)
        listed = (
            self._store.as_listed(self._of.table, parent, document)
            for document in self._store.under(self._of.table, parent)
        )
        query = ListQuery.read(call.query)
        return Reply(200, query.answer(self._of.model, [self._shown(parent, each) for each in listed if each]))

    def create(self, call: Call) -> Reply:
        parent = self._parent(call)
        document = self._of.prepare(call, self._of.model.create(call.fields), None)
        added = self._store.add(self._of.table, parent, self._dated(document), self._of.model.name)
        return Reply(201, self._shown(parent, added))

    def get(self, call: Call) -> Reply:
        parent = self._parent(call)
        return Reply(200, self._shown(parent, self._stored(call, parent)))

    def replace(self, call: Call) -> Reply:
        """PUT: create or replace; the id of the path wins over that of the body."""
        parent, own_id = self._parent(call), call.params[self._of.id_param]
        before = self._store.find(self._of.table, parent, own_id)
        document = self._of.prepare(call, self._of.model.create({**call.fields, "ID": own_id}), before)
        if before and "DateCreated" in before:
            document = {**document, "DateCreated": before["DateCreated"]}
        stored = self._store.put(self._of.table, parent, self._dated(document))
        return Reply(200 if before else 201, self._shown(parent, stored))

    def patch(self, call: Call) -> Reply:
        parent = self._parent(call)
        before = self._stored(call, parent)
        patched = self._of.model.patch(before, call.fields, nested_xp=self._nested_xp())
        stored = self._store.put(self._of.table, parent, self._of.prepare(call, patched, before))
        return Reply(200, self._shown(parent, stored))

    def delete(self, call: Call) -> Reply:
        own_id = call.params[self._of.id_param]
        self._store.delete(self._of.table, self._parent(call), own_id, self._of.model.name)
        return Reply(204)

    def _parent(self, call: Call) -> Parent:
        parent: Parent = ()
        for param, table, object_type in self._of.parents:
            self._store.get(table, parent, call.params[param], object_type)
            parent = (*parent, call.params[param])
        return parent

    def _stored(self, call: Call, parent: Parent) -> Document:
        return self._store.get(self._of.table, parent, call.params[self._of.id_param], self._of.model.name)

    def _dated(self, document: Document) -> Document:
        if "DateCreated" in document and document["DateCreated"] is None:
            return {**document, "DateCreated": self._store.now()}
        return document

    def _shown(self, parent: Parent, document: Document) -> Document:
        shown = self._of.model.shown(document)
        return self._of.show(parent, shown) if self._of.show else shown
