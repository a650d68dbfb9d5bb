"""Which documents share a reference is found exactly, however the list moves while it is read."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.books.kashflow.client import InvoicePage
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.canonical.keys import reference_digest
from sitecore_kashflow.documents.duplicates import DuplicateWatch
from sitecore_kashflow.errors import PermanentError, RateLimitedError, RetryableError
from sitecore_kashflow.usecases import watch_duplicates as module
from sitecore_kashflow.usecases.watch_duplicates import allow_duplicates, watch_duplicates
from tests.unit.doubles import Clock

A_DAY = timedelta(days=1)
REFERENCES = st.sampled_from(["", " ", "A", "a ", "B", "b", "C c", "C  C", "D", "E", "F"])
GROSS = st.sampled_from([10, 10, 10, -10, 0])


class Company:
    """Invoices by number, shown in pages of three. `meanwhile` happens before each call, as people at work do."""

    def __init__(self, references: list[str] | None = None, size: int = 3) -> None:
        self.invoices: dict[int, Invoice] = {}
        self.size = size
        self.calls: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None
        for reference in references or []:
            self.book(reference)

    def book(self, reference: str, gross: int = 10, number: int = 0) -> int:
        number = number or max(self.invoices, default=0) + 1
        self.invoices[number] = Invoice.model_validate(
            {"Number": number, "CustomerReference": reference, "GrossAmount": gross, "CustomerCode": f"W{number}"}
        )
        return number

    def edit(self, number: int, reference: str) -> None:
        self.invoices[number] = self.invoices[number].model_copy(update={"customer_reference": reference})

    def invoices_page(self, page: int, *, newest_first: bool = False) -> InvoicePage:
        self._called("newest" if newest_first else f"page {page}")
        rows = [self.invoices[number] for number in sorted(self.invoices, reverse=newest_first)]
        return InvoicePage(rows[(page - 1) * self.size : page * self.size], len(rows))

    def invoice(self, number: int) -> dict[str, Any] | None:
        self._called(f"invoice {number}")
        found = self.invoices.get(number)
        return None if found is None else found.model_dump(by_alias=True)

    def doubled(self) -> set[tuple[int, ...]]:
        """The answer, worked out from everything at once."""
        groups = defaultdict[tuple[str, bool], list[int]](list)
        for number, invoice in sorted(self.invoices.items()):
            reference = " ".join(invoice.customer_reference.lower().split())
            if reference:
                groups[reference, invoice.gross_amount < 0].append(number)
        return {tuple(numbers) for numbers in groups.values() if len(numbers) > 1}

    def _called(self, what: str) -> None:
        self.meanwhile()
        self.calls.append(what)


class Kept:
    """The store, without a table."""

    def __init__(self) -> None:
        self.watch = DuplicateWatch()

    def read(self) -> DuplicateWatch:
        return replace(self.watch, digests=dict(self.watch.digests), allowed=dict(self.watch.allowed))

    def save(self, watch: DuplicateWatch, _now: object) -> None:
        self.watch = watch


class Watcher:
    """Looks, and time that passes between them."""

    def __init__(self, company: Company, clock: Clock) -> None:
        self.company = company
        self.clock = clock
        self.store = Kept()

    def look(self, hours: float = 3) -> set[tuple[int, ...]]:
        self.clock.now += timedelta(hours=hours)
        self.company.calls.clear()
        watch = watch_duplicates(duplicate_store=self.store, client=self.company, clock=self.clock)  # type: ignore[arg-type]
        return {tuple(document.number for document in one.documents) for one in watch.found.values()}


@pytest.fixture
def watcher(clock: Clock) -> Watcher:
    return Watcher(Company(), clock)


def test_reference_digest_when_typed_otherwise_is_the_same_and_of_blanks_is_none() -> None:
    digests = {reference_digest(text, is_credit=False) for text in ("SO-1", " so-1 ", "So-1\t")}
    assert len(digests) == 1
    assert reference_digest("SO-1", is_credit=True) not in digests
    assert {reference_digest(text, is_credit=False) for text in ("", "  ")} == {""}


def test_look_when_an_invoice_and_its_credit_note_share_a_reference_finds_nothing(watcher: Watcher) -> None:
    for gross in (10, -10):
        watcher.company.book("A", gross)
    assert watcher.look() == set()
    watcher.company.book("A", -5)
    assert watcher.look() == {(2, 3)}
    watcher.company.book("a", 0)
    assert watcher.look() == {(2, 3), (1, 4)}


def test_look_when_nothing_is_new_costs_one_call(watcher: Watcher) -> None:
    for number in range(30):
        watcher.company.book(f"SO-{number}")
    watcher.look()
    assert len(watcher.company.calls) == 11
    watcher.look()
    assert watcher.company.calls == ["newest"]


def test_look_when_more_is_new_than_a_page_shows_reads_down_to_what_is_known(watcher: Watcher) -> None:
    for number in range(30):
        watcher.company.book(f"SO-{number}")
    watcher.look()
    for number in (31, 32, 33, 34, 2):
        watcher.company.book(f"SO-{number}")
    assert watcher.look() == {(3, 35)}
    assert watcher.company.calls == ["newest"] * 4 + ["invoice 3", "invoice 35"]


def test_look_when_a_new_invoice_is_deleted_between_two_pages_misses_no_other(watcher: Watcher) -> None:
    company = watcher.company
    for number in range(30):
        company.book(f"SO-{number}")
    watcher.look()
    for number in (31, 2, 33, 34, 35):
        company.book(f"SO-{number}")

    def delete_the_newest() -> None:
        if company.calls == ["newest"]:
            del company.invoices[35]

    company.meanwhile = delete_the_newest
    assert watcher.look() == {(3, 32)}


def test_pass_when_an_invoice_is_put_in_below_the_reader_misses_no_other(watcher: Watcher) -> None:
    company = watcher.company
    for number in range(1, 13):
        company.book(f"SO-{number}", number=2 * number)
    watcher.look()
    company.edit(18, "SO-1")

    def put_in() -> None:
        if company.calls == ["newest", "page 4"]:
            company.book("SO-NEW", number=3)

    company.meanwhile = put_in
    assert watcher.look(hours=20) == {(2, 18)}


def test_look_when_an_old_reference_was_edited_finds_it_within_a_day(watcher: Watcher) -> None:
    for number in range(30):
        watcher.company.book(f"SO-{number}")
    watcher.look()
    watcher.company.edit(4, "SO-20")
    found = [watcher.look() for _ in range(8)]
    assert found[0] == set()
    assert found[-1] == {(4, 21)}


def test_finding_when_one_document_is_gone_or_renamed_goes_by_itself(watcher: Watcher) -> None:
    for reference in ("A", "B", "a", "b", "C"):
        watcher.company.book(reference)
    assert watcher.look() == {(1, 3), (2, 4)}
    del watcher.company.invoices[3]
    watcher.company.edit(4, "C")
    assert watcher.look() == {(4, 5)}
    watcher.company.edit(4, "B")
    assert watcher.look() == {(2, 4)}


def test_finding_when_it_stands_on_keeps_the_moment_it_was_found(watcher: Watcher) -> None:
    for reference in ("A", "A"):
        watcher.company.book(reference)
    watcher.look()
    first = watcher.clock.now
    watcher.look()
    (one,) = watcher.store.watch.found.values()
    assert one.found_at == first < watcher.clock.now


def test_allowed_documents_when_one_more_joins_them_are_found_again(watcher: Watcher) -> None:
    for reference in ("PO-77", "PO-77", "B", "B"):
        watcher.company.book(reference)
    watcher.look()

    def allow(reference: str) -> int:
        return len(allow_duplicates(reference, store=watcher.store, now=watcher.clock()))  # type: ignore[arg-type]

    assert (allow("PO-78"), allow(" po-77 ")) == (0, 1)
    assert watcher.look() == {(3, 4)}
    assert watcher.company.calls == ["newest", "invoice 3", "invoice 4"]
    watcher.company.book("PO-77")
    assert watcher.look() == {(1, 2, 5), (3, 4)}
    assert allow("all") == 2
    assert watcher.look() == set()


@pytest.mark.parametrize("cut", [RateLimitedError("KashFlow", 60), RetryableError("NO_ANSWER", "none")])
def test_look_when_cut_off_keeps_what_it_learned_and_the_next_goes_on(watcher: Watcher, cut: RetryableError) -> None:
    for number in range(30):
        watcher.company.book("A" if number in (2, 9) else f"SO-{number}")

    def fail() -> None:
        if watcher.company.calls[-1:] == ["page 6"]:
            watcher.company.meanwhile = lambda: None
            raise cut

    watcher.company.meanwhile = fail
    assert watcher.look() == set()
    assert watcher.store.watch.pages_left == 5
    assert watcher.look() == {(3, 10)}
    assert watcher.company.calls == ["newest", *(f"page {page}" for page in (5, 4, 3, 2, 1)), "invoice 3", "invoice 10"]


def test_finding_when_kashflow_is_away_stands_as_it_was_known(watcher: Watcher) -> None:
    for reference in ("A", "A"):
        watcher.company.book(reference)
    watcher.look()

    def fail() -> None:
        raise RetryableError("NO_ANSWER", "none")

    watcher.company.meanwhile = fail
    assert watcher.look() == {(1, 2)}


def test_pass_when_longer_than_one_look_may_be_is_read_over_several(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_CALLS", 5)
    for number in range(30):
        watcher.company.book("A" if number in (0, 29) else f"SO-{number}")
    found, most = [], 0
    for _ in range(4):
        found.append(watcher.look())
        most = max(most, len(watcher.company.calls))
    assert (most, found[-1]) == (5, {(1, 30)})


def test_look_when_more_stand_doubled_than_it_may_read_goes_on_with_the_pass_and_reads_them_in_turn(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_CALLS", 12)
    for number in range(40):
        watcher.company.book(f"SO-{number // 2}")
    for _ in range(16):
        watcher.look()
        assert len(watcher.company.calls) <= 12
    assert watcher.look() == watcher.company.doubled()
    for number in range(1, 40, 2):
        watcher.company.edit(number, f"mended {number}")
    for _ in range(16):
        found = watcher.look()
    assert found == set()


def test_duplicate_when_very_many_share_a_reference_is_read_in_part_and_allowed_as_a_whole(watcher: Watcher) -> None:
    for _ in range(40):
        watcher.company.book("PO-77")
    assert watcher.look() == {tuple(range(1, 11))}
    (one,) = watcher.store.watch.found.values()
    assert (one.more, len(watcher.company.calls)) == (30, 28)
    allow_duplicates("PO-77", store=watcher.store, now=watcher.clock())  # type: ignore[arg-type]
    assert watcher.look() == set()
    assert watcher.company.calls == ["newest"]
    watcher.company.book("PO-77")
    assert watcher.look() == {(*range(1, 10), 41)}


def test_look_when_its_time_is_over_stops_reading(watcher: Watcher) -> None:
    for number in range(60):
        watcher.company.book(f"SO-{number}")
    watcher.company.meanwhile = lambda: watcher.clock.sleep(60)
    watcher.look()
    assert len(watcher.company.calls) == 7
    assert watcher.store.watch.pages_left == 14


def test_pages_when_always_the_same_are_not_taken_for_all_invoices(watcher: Watcher) -> None:
    for number in range(30):
        watcher.company.book(f"SO-{number}")
    shown = watcher.company.invoices_page(1)
    watcher.company.invoices_page = lambda *_, **__: shown  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match="LIST_REPEATS"):
        watcher.look()


@pytest.mark.parametrize("away_hours", [0, 30])
def test_watch_when_kashflow_was_away_for_more_than_a_day_says_that_it_is_late(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch, away_hours: int
) -> None:
    told: dict[str, int] = {}
    monkeypatch.setattr(module, "count", lambda metric, number=1: told.update({metric: number}))
    watcher.company.book("A")
    watcher.look()

    def fail() -> None:
        raise RetryableError("NO_ANSWER", "none")

    watcher.company.meanwhile = fail
    for _ in range(away_hours // 3):
        watcher.look()
    assert told == {"DuplicatesFound": 0, "DuplicateWatchLate": int(away_hours > 0)}
    watcher.company.meanwhile = lambda: None
    watcher.look()
    assert told["DuplicateWatchLate"] == 0


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("book"), REFERENCES, GROSS),
        st.tuples(st.just("delete"), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("edit"), st.integers(0, 40), REFERENCES),
        st.tuples(st.just("old number"), st.integers(1, 60), REFERENCES),
    ),
    max_size=12,
)


@given(
    start=st.lists(st.tuples(REFERENCES, GROSS), max_size=14), days=st.lists(MOVES, max_size=3), size=st.integers(1, 5)
)
def test_watch_when_all_kinds_of_things_happened_finds_exactly_the_duplicates_within_a_day(
    start: list[tuple[str, int]], days: list[list[tuple[Any, Any, Any]]], size: int
) -> None:
    watcher = Watcher(Company(size=size), Clock())
    company = watcher.company
    for reference, gross in start:
        company.book(reference, gross)
    assert watcher.look() == company.doubled()
    for moves in days:
        for kind, what, how in moves:
            number = (
                sorted(company.invoices)[what % len(company.invoices)] if company.invoices and kind != "book" else 0
            )
            if kind == "book":
                company.book(what, how)
            elif kind == "old number" and what not in company.invoices:
                company.book(how, number=what)
            elif kind == "delete" and number:
                del company.invoices[number]
            elif kind == "edit" and number:
                company.edit(number, how)
        for _ in range(7):
            found = watcher.look()
        assert found == company.doubled()


@given(
    references=st.lists(st.sampled_from("ABCDEFGHIJKLMNOP"), min_size=10, max_size=30),
    moves=st.lists(st.sampled_from(["book", "delete", "nothing"]), max_size=30),
    which=st.randoms(use_true_random=False),
)
def test_pass_when_rows_shift_under_it_misses_no_document_that_stands(
    references: list[str], moves: list[str], which: Any
) -> None:
    """Invoices are made and deleted between any two calls; those that stand all the while are all found."""
    watcher = Watcher(Company(references), Clock())
    company, steps = watcher.company, iter(moves)
    standing = set(company.invoices)

    def meanwhile() -> None:
        match next(steps, "nothing"):
            case "book":
                company.book(f"NEW-{len(company.invoices)}")
            case "delete" if company.invoices:
                number = which.choice(sorted(company.invoices))
                standing.discard(number)
                del company.invoices[number]

    company.meanwhile = meanwhile
    watcher.look()
    assert watcher.store.watch.pages_left == 0
    assert standing <= set(watcher.store.watch.digests)
