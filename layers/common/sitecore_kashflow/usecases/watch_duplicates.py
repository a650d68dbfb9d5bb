"""Finds documents in KashFlow that share a reference, within a day and whoever made them."""

from datetime import datetime, timedelta
from itertools import count as counting

from ..books.kashflow.client import KashflowClient
from ..books.kashflow.wire import Invoice, read_date
from ..canonical.clock import Clock
from ..documents.duplicate_store import DuplicateStore
from ..documents.duplicates import Document, Duplicate, DuplicateWatch
from ..errors import PermanentError, RetryableError
from ..observability import LogCode, Metric, count, note

_A_DAY = timedelta(days=1)
PASS_EVERY = timedelta(hours=17)
READ_FOR = timedelta(minutes=7)
_MAX_CALLS = 300


def watch_duplicates(*, duplicate_store: DuplicateStore, client: KashflowClient, clock: Clock) -> DuplicateWatch:
    """One check: the newest invoices, then some more pages of all invoices; each suspect is read on its own.

    Any call may cut the check short (`RetryableError`). What was learned is kept, and the next check continues there.
    """
    watch = duplicate_store.read()
    watched_since = watch.watched_since = watch.watched_since or clock()
    check = _Check(watch, client, clock)
    try:
        check.read_newest()
        check.read_suspects(_MAX_CALLS // 3)
        check.continue_pass()
        check.read_suspects(_MAX_CALLS)
    except RetryableError as cut:
        note(LogCode.WATCH_CUT_SHORT, reason=cut.code, calls=check.calls)
    now = clock()
    watch.checked_at = now
    watch.note_standing(check.read, now)
    duplicate_store.save(watch, now)
    count(Metric.DUPLICATES_FOUND, len(watch.found))
    is_late = now - (watch.began_at or watched_since) > _A_DAY
    count(Metric.DUPLICATE_WATCH_LATE, int(is_late))
    note(LogCode.WATCH_DONE, standing=len(watch.found), calls=check.calls, pages_left=watch.pages_left, late=is_late)
    return watch


def allow_duplicates(reference: str, *, store: DuplicateStore, now: datetime) -> list[Duplicate]:
    """Record that a person approves the duplicates with this reference, or `all` of them; returns them."""
    watch = store.read()
    allowed = list(watch.found.items()) if reference == "all" else watch.of_reference(reference)
    for digest, _ in allowed:
        watch.allow(digest)
    if allowed:
        store.save(watch, now)
    return [duplicate for _, duplicate in allowed]


class _Check:
    """The calls of one check. `read` holds the documents that were read on their own, as they are now."""

    def __init__(self, watch: DuplicateWatch, books: KashflowClient, clock: Clock) -> None:
        self.calls = 0
        self.read: dict[int, Document] = {}
        self._total = 0
        self._watch = watch
        self._books = books
        self._clock = clock
        self._ends_at = clock() + READ_FOR

    def read_newest(self) -> None:
        """Read from the newest invoice down to one that is known; begin a pass through all invoices if one is due.

        If that takes several pages, they are read until no row of one reading is missing from the next: a row that is
        deleted between two pages hides another from the reader.
        """
        now, began = self._clock(), self._watch.began_at
        is_due = began is None or (not self._watch.pages_left and now - began >= PASS_EVERY)
        if is_due:
            documents, self._total = self._page(1, newest_first=True)
            pages = -(-self._total // max(len(documents), 1))
            self._watch.began_at, self._watch.pages_left = now, pages if pages > 1 else 0
            self._watch.learn(documents)
            return
        fresh, pages = self._down_to_known()
        while pages > 1 and self._may_continue():
            before = fresh
            fresh, pages = self._down_to_known()
            if before.keys() <= fresh.keys():
                break
        self._watch.learn(fresh.values())

    def _down_to_known(self) -> tuple[dict[int, Document], int]:
        """The newest documents by number, down to the first page with one that is known; and how many pages."""
        found: dict[int, Document] = {}
        for page in counting(1):
            documents, self._total = self._page(page, newest_first=True)
            found |= {document.number: document for document in documents}
            is_known = any(document.number in self._watch.digests for document in documents)
            if is_known or not documents or len(found) >= self._total or not self._may_continue():
                break
        return found, page

    def continue_pass(self) -> None:
        """Read pages of all invoices, sorted by number, from the last page to the first.

        In this direction neither a new invoice nor a deleted one can move a row past the reader. One that is put in
        below can, by a page at most: if there are more invoices than at the last call, the page above is read again.
        What was put in there between two checks is seen by the next pass.
        """
        before: list[Document] = []
        while self._watch.pages_left and self._may_continue():
            known_total = self._total
            documents, self._total = self._page(self._watch.pages_left)
            if documents and documents == before:
                raise PermanentError("LIST_REPEATS", "KashFlow keeps returning the same page of invoices.")
            if self._total > known_total:
                self._watch.learn(self._page(self._watch.pages_left + 1)[0])
            self._watch.learn(documents)
            self._watch.pages_left -= 1
            before = documents

    def read_suspects(self, max_calls: int) -> None:
        """Read each document that seems to share a reference on its own: only what KashFlow shows now counts.

        Stops after `max_calls` calls of the check, so that an account full of duplicates does not hold up the pass. A
        document may turn out to share the reference of yet another document, which is then read too.
        """
        while unread := [number for number in self._watch.suspects_in_order() if number not in self.read]:
            for number in unread:
                if not self._may_continue(max_calls):
                    return
                self._read(number)

    def _read(self, number: int) -> None:
        self.calls += 1
        body = self._books.invoice(number)
        if body is None:
            self._watch.forget(number)
            return
        self.read[number] = _document(Invoice.model_validate(body))
        self._watch.learn([self.read[number]])

    def _page(self, page: int, *, newest_first: bool = False) -> tuple[list[Document], int]:
        self.calls += 1
        shown = self._books.invoices_page(page, newest_first=newest_first)
        return [_document(invoice) for invoice in shown.invoices], shown.total

    def _may_continue(self, max_calls: int | None = None) -> bool:
        return self.calls < (max_calls or _MAX_CALLS) and self._clock() < self._ends_at


def _document(invoice: Invoice) -> Document:
    return Document(
        number=invoice.number,
        reference=invoice.customer_reference,
        gross=invoice.gross_amount,
        currency=invoice.currency.code if invoice.currency else "",
        customer_code=invoice.customer_code,
        issued=read_date(invoice.issued_date),
    )
