"""Who numbers an invoice, on a KashFlow in memory: numbers asked for again, taken, others', silently changed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Entry, Standing, Unposted
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.usecases.create_invoice import create_invoice
from sitecore_kashflow.usecases.posting import packed_order
from tests.builders import order, payment, transaction, worksheet
from tests.unit.doubles import Clock, a_run_that_holds, kashflow_client, order_subject, posting_desk

KASHFLOW = parse_rules("version: kashflow")
RESERVED = parse_rules("invoices: {numbering: reserved, first: 5000, last: 5999}")
LATE = {"kind": "late_commit", "seconds": 600}
REFUSED = {"kind": "status", "status": 403, "body": {"Error": "Forbidden"}}
PAUSED = {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}}
both_positions = pytest.mark.parametrize("taken", ["refused_400", "next_free"])


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


class Made(NamedTuple):
    """The invoice that stands."""

    number: int
    is_adopted: bool
    reserved: int | None


class Desk:
    """Where invoices are made, attempt by attempt."""

    def __init__(self, table: Any, clock: Clock, taken: str) -> None:
        self._table = table
        self._kashflow = in_memory(clock, clock.sleep, switches={"invoice_number_taken": taken})
        self.clock = clock
        self.books = kashflow_client(table, self._kashflow.transport, clock.timing)
        self.books.create_customer({"Code": "W1", "Name": "Ada Field"})
        self.books.create_customer({"Code": "W2", "Name": "Bob Hill"})

    def job(self, order_id: str = "SO-1001") -> Job:
        """A run that holds the order."""
        return a_run_that_holds(self._table, order_subject(order_id), self.clock, order(worksheet(ID=order_id)))

    def attempt(self, job: Job, rules: Rules = RESERVED) -> Made:
        desk = posting_desk(self._table, self.books, self.clock)
        entry, _ = create_invoice(job, "W1", runs=Runs(self._table), desk=desk, rules=rules)
        assert entry == self.kept(job)
        assert entry is not None
        assert isinstance(entry.status, Standing)
        return Made(entry.status.number, entry.status.is_adopted, entry.reserved)

    def pay(self, job: Job) -> None:
        """The customer pays, and the order is planned once more."""
        paid = order(worksheet(ID=job.subject.id), [payment(transaction())])
        snapshot = packed_order(paid)
        Runs(self._table).commit_plan(job, OrderState.OPENED, served=1, now=self.clock(), snapshot=snapshot)

    def attempt_is_all(self, job: Job) -> bool:
        """Whether nothing is left to be posted after an attempt."""
        desk = posting_desk(self._table, self.books, self.clock)
        return create_invoice(job, "W1", runs=Runs(self._table), desk=desk, rules=RESERVED)[1]

    def kept(self, job: Job) -> Entry | None:
        """The invoice as the ledger knows it."""
        return DocumentStore(self._table, Runs(self._table)).of(job.subject).the_only("invoice")

    def spoil(self, fault: dict[str, Any], times: int = 1) -> None:
        """The next posts of invoices go wrong."""
        self._kashflow.faults.add({"method": "POST", "path": "/v2/invoices", "times": times} | fault)

    def by_hand(self, number: int | None = None) -> None:
        """Somebody makes an invoice in KashFlow."""
        line = {"Quantity": 1, "Rate": 10, "NominalCode": 4000, "VATLevel": 20}
        self.books.create_invoice({"CustomerCode": "W2", "Number": number, "LineItems": [line]})

    def ours(self) -> list[int]:
        return [one.number for one in self.books.invoices_of_customer("W1")]


@pytest.fixture
def desk_of(table: Any, clock: Clock) -> Callable[[str], Desk]:
    return lambda taken: Desk(table, clock, taken)


@both_positions
def test_orders_in_reserved_mode_get_the_numbers_of_the_range_one_after_the_other(
    desk_of: Callable[[str], Desk], taken: str
) -> None:
    desk = desk_of(taken)
    made = [desk.attempt(desk.job(order_id)) for order_id in ("SO-1", "SO-2", "SO-3")]
    assert [one.number for one in made] == desk.ours() == [5000, 5001, 5002]


@both_positions
@pytest.mark.parametrize("rules", [KASHFLOW, RESERVED], ids=["kashflow", "reserved"])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "reset_before"}, {"kind": "reset_after"}, {"kind": "html", "status": 502}, LATE | {"seconds": 50}],
)
def test_invoice_whose_answer_was_lost_is_made_once_in_either_mode(
    desk_of: Callable[[str], Desk], taken: str, rules: Rules, fault: dict[str, Any]
) -> None:
    desk = desk_of(taken)
    job = desk.job()
    desk.spoil(fault)
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job, rules)
    desk.clock.sleep(90)
    made = desk.attempt(job, rules)
    assert desk.ours() == [made.number]
    assert made.reserved == (5000 if rules is RESERVED else None)
    assert made.number == made.reserved or rules is KASHFLOW


def test_invoice_that_lands_while_the_look_for_it_lasts_is_not_posted_again(
    desk_of: Callable[[str], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of("refused_400")
    job, look = desk.job(), desk.books.invoices_of_customer
    desk.spoil(LATE | {"seconds": 59})
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job, KASHFLOW)

    def slowly(code: str) -> list[Invoice]:
        found = look(code)
        desk.clock.sleep(8)
        return found

    monkeypatch.setattr(desk.books, "invoices_of_customer", slowly)
    desk.clock.sleep(57)
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job, KASHFLOW)
    made = desk.attempt(job, KASHFLOW)
    assert desk.ours() == [made.number]


def test_intent_that_may_still_land_is_not_posted_again(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil({"kind": "reset_before"})
    for _ in range(3):
        with pytest.raises(OutcomeUnknownError):
            desk.attempt(job)
        desk.clock.sleep(15)
    assert desk.ours() == []


@pytest.mark.parametrize(
    ("rules", "taken", "invoices"),
    [(KASHFLOW, "refused_400", 2), (RESERVED, "refused_400", 1), (RESERVED, "next_free", 2)],
    ids=["kashflow", "reserved and refused", "reserved and renumbered"],
)
def test_post_that_lands_after_the_bound_and_after_our_next_one_is_doubled_unless_its_number_is_refused(
    desk_of: Callable[[str], Desk], rules: Rules, taken: str, invoices: int
) -> None:
    desk = desk_of(taken)
    job = desk.job()
    desk.spoil(LATE)
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job, rules)
    desk.clock.sleep(90)
    desk.attempt(job, rules)
    desk.clock.sleep(600)
    assert len(desk.ours()) == invoices


@both_positions
def test_post_that_lands_between_our_look_and_our_next_post_is_adopted_or_parked(
    desk_of: Callable[[str], Desk], monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    desk = desk_of(taken)
    job = desk.job()
    desk.spoil(LATE)
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job)
    desk.clock.sleep(90)
    post = desk.books.create_invoice

    def slowly(payload: Any) -> int | None:
        desk.clock.sleep(600)
        return post(payload)

    monkeypatch.setattr(desk.books, "create_invoice", slowly)
    if taken == "refused_400":
        made = desk.attempt(job)
        assert (made.number, made.is_adopted, desk.ours()) == (5000, True, [5000])
        return
    for _ in range(2):
        with pytest.raises(PermanentError, match=r"INVOICE_DOUBLED.* 5000, 5001 "):
            desk.attempt(job)
    assert desk.ours() == [5000, 5001]
    desk.books._call("DELETE", "/invoices/5000")
    assert desk.attempt(job).number == 5001


@both_positions
def test_number_that_is_somebody_elses_is_left_to_them(desk_of: Callable[[str], Desk], taken: str) -> None:
    desk = desk_of(taken)
    desk.by_hand(5000)
    desk.by_hand(5001)
    made = desk.attempt(desk.job())
    assert desk.ours() == [made.number] == [5002]
    assert made.reserved == (5002 if taken == "refused_400" else 5000)
    assert desk.attempt(desk.job("SO-1002")).number == 5003


def test_invoice_that_is_ours_but_no_longer_its_customers_is_found_by_its_number(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil({"kind": "reset_after"})
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job)
    desk.books.update_invoice(5000, (desk.books.invoice(5000) or {}) | {"CustomerCode": "W2"})
    assert desk.ours() == []
    with pytest.raises(PermanentError, match=r"INVOICE_DIFFERS.*Invoice 5000 .*customer W2, which should be W1"):
        desk.attempt(job)
    assert desk.books.invoice(5001) is None


def test_numbers_that_are_all_somebody_elses_are_left_ten_at_a_time(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    for number in range(5000, 5013):
        desk.by_hand(number)
    with pytest.raises(RetryableError, match="INVOICE_NUMBERS_TAKEN"):
        desk.attempt(job)
    assert desk.attempt(job).number == 5013


def test_post_that_never_left_keeps_its_number_and_needs_no_look(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil(PAUSED, times=3)
    for _ in range(3):
        with pytest.raises(RetryableError):
            desk.attempt(job)
        desk.clock.sleep(2)
    kept = desk.kept(job)
    assert kept is not None
    assert (kept.status, kept.reserved) == (Unposted(), 5000)
    assert desk.attempt(job).number == 5000


def test_post_that_was_refused_for_good_lets_its_number_go(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil(REFUSED)
    with pytest.raises(RefusedError):
        desk.attempt(job)
    assert desk.kept(job) is None
    assert desk.attempt(job).number == 5001


@pytest.mark.parametrize("fault", [PAUSED, REFUSED], ids=["paused", "refused"])
def test_number_of_a_post_in_doubt_stays_whatever_becomes_of_the_next_one(
    desk_of: Callable[[str], Desk], fault: dict[str, Any]
) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil(LATE)
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job)
    desk.clock.sleep(90)
    desk.spoil(fault)
    with pytest.raises((RetryableError, RefusedError)):
        desk.attempt(job)
    desk.clock.sleep(600)
    made = desk.attempt(job)
    assert (made.number, made.is_adopted, desk.ours()) == (5000, True, [5000])


@pytest.mark.parametrize(("first", "then"), [(RESERVED, KASHFLOW), (KASHFLOW, RESERVED)])
def test_order_keeps_its_way_of_numbering_when_the_rules_change_under_way(
    desk_of: Callable[[str], Desk], first: Rules, then: Rules
) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil({"kind": "reset_before"})
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job, first)
    desk.clock.sleep(90)
    made = desk.attempt(job, then)
    assert made.reserved == (5000 if first is RESERVED else None)
    assert desk.attempt(desk.job("SO-1002"), then).reserved == (5000 if then is RESERVED else None)


def test_order_beyond_the_range_waits_for_a_longer_one(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    short = parse_rules("invoices: {numbering: reserved, first: 5000, last: 5000}")
    assert desk.attempt(desk.job("SO-1"), short).number == 5000
    job = desk.job("SO-2")
    with pytest.raises(PermanentError, match=r"INVOICE_NUMBERS_USED_UP.*5000 to 5000.*resume"):
        desk.attempt(job, short)
    assert desk.kept(job) is None
    assert desk.attempt(job).number == 5001


def test_invoice_that_an_earlier_post_made_without_a_later_payment_leaves_that_to_be_posted(
    desk_of: Callable[[str], Desk],
) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.spoil({"kind": "reset_after"})
    with pytest.raises(OutcomeUnknownError):
        desk.attempt(job)
    desk.pay(job)
    assert desk.attempt_is_all(job) is False


def test_invoice_that_shows_every_payment_leaves_nothing_to_be_posted(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("refused_400")
    job = desk.job()
    desk.pay(job)
    assert desk.attempt_is_all(job) is True
