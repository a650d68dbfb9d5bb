"""Two documents in KashFlow under one reference: found within a day, whatever made them, and shown while they stand."""

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
_MOST_CALLS = 300


def watch_duplicates(*, duplicate_store: DuplicateStore, client: KashflowClient, clock: Clock) -> DuplicateWatch:
    """One look: the newest invoices, then some pages on in the pass through all, then each suspect by itself.

    KashFlow may end a look at any call (`RetryableError`); what was learned is kept, and the next look goes on there.
    """
    watch = duplicate_store.read()
    watched_since = watch.watched_since = watch.watched_since or clock()
    look = _Look(watch, client, clock)
    try:
        look.read_newest()
        look.read_suspects(_MOST_CALLS // 3)
        look.go_on_with_pass()
        look.read_suspects(_MOST_CALLS)
    except RetryableError as cut:
        note(LogCode.WATCH_CUT_SHORT, reason=cut.code, calls=look.calls)
    now = clock()
    watch.looked_at = now
    watch.note_standing(look.read, now)
    duplicate_store.save(watch, now)
    count(Metric.DUPLICATES_FOUND, len(watch.found))
    is_late = now - (watch.began_at or watched_since) > _A_DAY
    count(Metric.DUPLICATE_WATCH_LATE, int(is_late))
    note(LogCode.WATCH_DONE, standing=len(watch.found), calls=look.calls, pages_left=watch.pages_left, late=is_late)
    return watch


def allow_duplicates(reference: str, *, store: DuplicateStore, now: datetime) -> list[Duplicate]:
    """A person says that the documents under this reference are right, or under `all` that stand now; returns them."""
    watch = store.read()
    allowed = list(watch.found.items()) if reference == "all" else watch.of_reference(reference)
    for digest, _ in allowed:
        watch.allow(digest)
    if allowed:
        store.save(watch, now)
    return [duplicate for _, duplicate in allowed]


class _Look:
    """One look's reading. `read` holds the documents that were read by themselves, as they stand now."""

    def __init__(self, watch: DuplicateWatch, books: KashflowClient, clock: Clock) -> None:
        self.calls = 0
        self.read: dict[int, Document] = {}
        self._watch = watch
        self._books = books
        self._clock = clock
        self._ends_at = clock() + READ_FOR

    def read_newest(self) -> None:
        """From the newest invoice down to one that is known; begin a pass through all of them, if it is time."""
        now, began = self._clock(), self._watch.began_at
        is_due = began is None or (not self._watch.pages_left and now - began >= PASS_EVERY)
        fresh: list[Document] = []
        for page in counting(1):
            documents, total = self._page(page, newest_first=True)
            fresh += documents
            if is_due and page == 1:
                pages = -(-total // max(len(documents), 1))
                self._watch.began_at, self._watch.pages_left = now, pages if pages > 1 else 0
            is_known = any(document.number in self._watch.digests for document in documents)
            if is_due or is_known or not documents or len(fresh) >= total or not self._may_go_on():
                break
        self._watch.learn(fresh)

    def go_on_with_pass(self) -> None:
        """Pages of all invoices, by number, from the last page to the first.

        In this direction neither a new invoice nor a deleted one can shift a row past the reader; a row that is seen
        twice does no harm.
        """
        before: list[Document] = []
        while self._watch.pages_left and self._may_go_on():
            documents, _ = self._page(self._watch.pages_left)
            if documents and documents == before:
                raise PermanentError("LIST_REPEATS", "KashFlow shows the same page of all invoices again and again.")
            self._watch.learn(documents)
            self._watch.pages_left -= 1
            before = documents

    def read_suspects(self, most: int) -> None:
        """Each document that seems to share a reference, by itself: only what KashFlow shows now counts.

        Until the look has made `most` calls, so that an account full of duplicates does not hold up the pass. What is
        read may have got the reference of yet another document, which is read then.
        """
        while unread := [number for number in self._watch.doubtful() if number not in self.read]:
            for number in unread:
                if not self._may_go_on(most):
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

    def _may_go_on(self, most: int | None = None) -> bool:
        return self.calls < (most or _MOST_CALLS) and self._clock() < self._ends_at


def _document(invoice: Invoice) -> Document:
    return Document(
        number=invoice.number,
        reference=invoice.customer_reference,
        gross=invoice.gross_amount,
        currency=invoice.currency.code if invoice.currency else "",
        customer_code=invoice.customer_code,
        issued=read_date(invoice.issued_date),
    )
