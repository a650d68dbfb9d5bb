"""The exactly-once protocol itself, on a kind of document that stands in memory: intent, post, look, adopt, verify."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count as counting
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.documents import post_once as module
from sitecore_kashflow.documents.entry import Entry, InDoubt, Standing, Status, Unposted
from sitecore_kashflow.documents.kinds import Finding, Holder, Intent
from sitecore_kashflow.documents.post_once import Poster
from sitecore_kashflow.errors import (
    BridgeError,
    HeldBackError,
    OutcomeUnknownError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    SupersededError,
)
from sitecore_kashflow.observability import Metric
from sitecore_kashflow.runs.records import Job
from tests.unit.doubles import WINDOW, Clock, entry, order_subject

JOB = Job(order_subject(), 1, "corr-1")
LOST = OutcomeUnknownError("OUTCOME_UNKNOWN", "no sound answer")
REFUSED = RefusedError("Books", 400, "InvalidParameter", "POST /notes")
PAUSED = RateLimitedError("Books", 1)
UNREACHABLE = RetryableError("NOT_REACHABLE", "not reached")
DIFFERS = PermanentError("NOTE_DIFFERS", "it says something else")


class WorkerDiedError(Exception):
    """Nobody catches it: whatever was about to be written stays unwritten."""


@dataclass(frozen=True)
class Note:
    """A draft."""

    reference: str = "SO-1001"
    kind: str = "note"


class Notes:
    """Notes in books without an idempotency key: a note is known by its reference, and stands under a number.

    `mishaps` happen to the next sends, `lands_at` tells when lost ones land. `log` tells all that was done, in order.
    """

    posted: Metric | None = Metric.INVOICES_CREATED
    adopted: Metric | None = Metric.INVOICES_ADOPTED

    def __init__(self, clock: Clock, log: list[str], first_number: int | None) -> None:
        self.clock = clock
        self.log = log
        self.looks_before_first_post = False
        self.numbers: Iterator[int] | None = None if first_number is None else counting(first_number)
        self.standing: dict[int, str] = {}
        self.under_way: list[tuple[datetime, Entry]] = []
        self.mishaps: list[Callable[[Entry], None]] = []
        self.look_seconds = 0
        self.trouble: dict[str, Exception] = {}

    def intend(self, draft: Note, customer_code: str) -> Intent:
        self._fail("intend")
        return Intent(entry(draft.kind, draft.reference, customer_code=customer_code), draft)

    def look(self, entry: Entry) -> Finding:
        self.log.append("look")
        self._fail("look")
        self.clock.sleep(self.look_seconds)
        found = [number for number, reference in self.now_standing().items() if reference == entry.reference]
        if len(found) > 1:
            raise PermanentError("DOUBLED", "it stands twice")
        return Finding(found[0] if found else None, f"{len(self.standing)} notes")

    def body(self, intent: Intent, finding: Finding) -> str:
        self._fail("body")
        return f"{intent.draft.reference} beside {finding.seen}" if finding.seen else intent.draft.reference

    def await_turn(self) -> None:
        self._fail("await_turn")

    def send(self, entry: Entry, body: str) -> int:
        self.log.append(f"send {body}" + (f" as {entry.reserved}" if entry.reserved else ""))
        if self.mishaps:
            self.mishaps.pop(0)(entry)
        if entry.reserved in self.now_standing():
            raise REFUSED
        return self.land(entry)

    def number_of(self, entry: Entry, answer: int) -> int:
        self._fail("number_of")
        return answer

    def holder(self, entry: Entry) -> Holder | None:
        self.log.append("who holds it")
        self._fail("holder")
        reference = self.now_standing().get(entry.reserved or 0)
        return Holder(entry.reserved or 0, reference == entry.reference) if reference else None

    def reserve_number(self) -> int | None:
        return None if self.numbers is None else next(self.numbers)

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        self.log.append(f"verify after {finding.seen}" if finding.seen else "verify")
        self._fail("verify")
        assert isinstance(entry.status, Standing)
        return replace(entry.status, is_verified=True)

    def land(self, entry: Entry) -> int:
        """The note stands from now on, unless its number is taken."""
        number = entry.reserved or max(self.standing, default=0) + 1
        return number if self.standing.setdefault(number, entry.reference) == entry.reference else 0

    def now_standing(self) -> dict[int, str]:
        for moment, late in list(self.under_way):
            if moment <= self.clock():
                self.under_way.remove((moment, late))
                self.land(late)
        return self.standing

    def _fail(self, where: str) -> None:
        if where in self.trouble:
            raise self.trouble[where]


class World:
    """The books, the ledger's one entry, and a worker that tries, attempt by attempt."""

    def __init__(self, clock: Clock, first_number: int | None = None) -> None:
        self.clock = clock
        self.log: list[str] = []
        self.notes = Notes(clock, self.log, first_number)
        self.kept: Entry | None = None
        self.is_superseded = False

    def write(self, _: Job, entry: Entry) -> Entry:
        if self.is_superseded:
            raise SupersededError("order:ordercloud:SO-1001", 1)
        self.log.append(self._words(entry.status))
        self.kept = entry
        return entry

    def withdraw(self, _: Job, entry: Entry) -> None:
        self.log.append("forget")
        self.kept = None

    def attempt(self, *, ledger_may_be_behind: bool = False) -> Entry:
        """Post the note, from what the ledger knows of it; what was done before is struck from the log."""
        self.log.clear()
        made = self._poster.post_once(self.notes, Note(), self.kept, ledger_may_be_behind=ledger_may_be_behind)
        assert made == self.kept
        assert made.is_settled
        return made

    def fail(self, error: type[Exception] = BridgeError, **how: bool) -> None:
        with pytest.raises(error):
            self.attempt(**how)

    def find_out(self) -> Entry | None:
        assert self.kept is not None
        self.log.clear()
        return self._poster.find_out(self.notes, self.kept)

    def next_send(self, *mishaps: Callable[[Entry], None] | Exception) -> None:
        """What happens to the next sends, instead of a sound answer; an error says that the note has not landed."""
        self.notes.mishaps += [raising(one) if isinstance(one, Exception) else one for one in mishaps]

    def lose(self, lands_in: float | None = None, error: Exception = LOST) -> Callable[[Entry], None]:
        """The answer is lost; the note lands in so many seconds, or never."""

        def mishap(entry: Entry) -> None:
            if lands_in is not None:
                self.notes.under_way.append((self.clock() + timedelta(seconds=lands_in), entry))
            raise error

        return mishap

    def in_doubt(self, *mishaps: Callable[[Entry], None] | Exception) -> "World":
        """A first attempt has lost its answer, and nothing of it can land any more, unless `mishaps` say otherwise."""
        self.next_send(*mishaps or (LOST,))
        self.fail(OutcomeUnknownError)
        if not mishaps:
            self.clock.sleep(60)
        return self

    @property
    def status(self) -> Status | None:
        return self.kept.status if self.kept else None

    @property
    def doubt_seconds(self) -> float:
        """How long the note is still in doubt."""
        assert isinstance(self.status, InDoubt)
        return (self.status.until - self.clock()).total_seconds()

    @property
    def _poster(self) -> Poster:
        store: Any = self
        return Poster(JOB, "W1", store, WINDOW, self.clock)

    def _words(self, status: Status) -> str:
        match status:
            case InDoubt(until):
                return f"in doubt for {(until - self.clock()).total_seconds():g} s"
            case Standing(number):
                return f"verified {number}" if status.is_verified else f"stands as {number}"
            case _:
                return "not posted"


def raising(error: Exception) -> Callable[[Entry], None]:
    def mishap(_: Entry) -> None:
        raise error

    return mishap


@pytest.fixture
def world(clock: Clock) -> World:
    """The books number."""
    return World(clock)


@pytest.fixture
def numbered(clock: Clock) -> World:
    """The ledger reserves numbers from 7 on."""
    return World(clock, first_number=7)


@pytest.fixture(params=[None, 7], ids=["the books number", "numbers are reserved"])
def either(clock: Clock, request: pytest.FixtureRequest) -> World:
    return World(clock, request.param)


# --- the plain way ----------------------------------------------------------------------------------------


def test_document_is_posted_under_an_intent_and_read_back(world: World) -> None:
    world.attempt()
    assert world.log == ["in doubt for 180 s", "send SO-1001", "stands as 1", "verify", "verified 1"]


def test_document_that_gets_a_reserved_number_is_posted_under_it(numbered: World) -> None:
    made = numbered.attempt()
    assert numbered.log == ["in doubt for 180 s", "send SO-1001 as 7", "stands as 7", "verify", "verified 7"]
    assert made.reserved == 7


def test_document_that_stands_verified_is_left_alone(either: World) -> None:
    made = either.attempt()
    assert either.attempt() == made
    assert either.log == []


@pytest.mark.parametrize("where", ["intend", "body"])
def test_document_that_may_not_be_posted_leaves_no_trace(either: World, where: str) -> None:
    either.notes.trouble = {where: DIFFERS}
    either.fail(PermanentError)
    assert (either.log, either.kept) == ([], None)


def test_attempt_that_may_no_longer_write_sends_nothing(either: World) -> None:
    either.is_superseded = True
    either.fail(SupersededError)
    assert either.log == []


def test_document_that_says_something_else_stands_and_is_read_again_but_never_posted_again(world: World) -> None:
    world.notes.trouble = {"verify": DIFFERS}
    world.fail(PermanentError)
    assert world.status == Standing(1)
    world.fail(PermanentError)
    assert world.log == ["verify"]
    world.notes.trouble = {}
    assert world.attempt().status == Standing(1, is_verified=True)


def test_what_was_posted_and_what_was_adopted_is_counted(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Any] = []
    monkeypatch.setattr(module, "count", counted.append)
    either.attempt()
    assert counted == [Metric.INVOICES_CREATED]
    either.kept = None
    either.attempt(ledger_may_be_behind=True)
    assert counted == [Metric.INVOICES_CREATED, Metric.INVOICES_ADOPTED]


# --- outcomes that nobody knows ---------------------------------------------------------------------------


def test_worker_that_dies_in_a_post_leaves_it_in_doubt_for_a_workers_life_and_the_slowest_commit(
    either: World,
) -> None:
    either.next_send(WorkerDiedError())
    either.fail(WorkerDiedError)
    assert either.doubt_seconds == 180


def test_post_whose_answer_was_lost_stays_in_doubt_for_the_slowest_commit_from_then_on(either: World) -> None:
    def slowly(_: Entry) -> None:
        either.clock.sleep(50)
        raise LOST

    either.next_send(slowly)
    either.fail(OutcomeUnknownError)
    assert either.doubt_seconds == 60


def test_post_whose_number_is_not_shown_yet_stays_in_doubt_and_is_adopted_later(world: World) -> None:
    world.notes.trouble = {"number_of": LOST}
    world.fail(OutcomeUnknownError)
    assert world.doubt_seconds == 180
    world.notes.trouble = {}
    assert world.attempt().status == Standing(1, is_adopted=True, is_verified=True)
    assert list(world.notes.standing) == [1]


def test_document_that_may_still_land_is_looked_for_and_not_posted(either: World) -> None:
    either.in_doubt(LOST)
    before = either.kept
    either.clock.sleep(59)
    either.fail(OutcomeUnknownError)
    assert (either.log, either.kept) == (["look"], before)


def test_look_that_began_too_early_proves_no_absence_however_long_it_lasts(either: World) -> None:
    either.in_doubt(LOST)
    either.clock.sleep(59)
    either.notes.look_seconds = 100
    either.fail(OutcomeUnknownError)
    assert either.log == ["look"]


def test_document_that_can_no_longer_land_is_posted_again_under_the_same_number(numbered: World) -> None:
    made = numbered.in_doubt().attempt()
    assert numbered.log == [
        "look", "in doubt for 180 s", "send SO-1001 beside 0 notes as 7", "stands as 7",
        "verify after 0 notes", "verified 7",
    ]  # fmt: skip
    assert made.reserved == 7


def test_document_that_landed_is_adopted_even_before_its_time_is_up(either: World) -> None:
    made = either.in_doubt(either.lose(lands_in=0)).attempt()
    assert made.standing is not None
    assert made.standing.is_adopted
    assert "send" not in " ".join(either.log)
    assert list(either.notes.standing) == [made.standing.number]


def test_document_in_doubt_that_stands_twice_waits_for_a_person(world: World) -> None:
    world.in_doubt()
    world.notes.standing = {1: "SO-1001", 2: "SO-1001"}
    world.fail(PermanentError)
    assert isinstance(world.status, InDoubt)
    del world.notes.standing[2]
    assert world.attempt().status == Standing(1, is_adopted=True, is_verified=True)


def test_document_in_doubt_that_cannot_be_looked_for_stays_as_it_is(either: World) -> None:
    before = either.in_doubt().kept
    either.notes.trouble = {"look": UNREACHABLE}
    either.fail(RetryableError)
    assert either.kept == before


@pytest.mark.parametrize("where", ["intend", "body"])
def test_document_in_doubt_that_may_not_be_posted_any_more_stays_in_doubt(either: World, where: str) -> None:
    before = either.in_doubt().kept
    either.notes.trouble = {where: DIFFERS}
    either.fail(PermanentError)
    assert either.kept == before


def test_document_that_lands_between_look_and_post_is_refused_and_adopted(numbered: World) -> None:
    numbered.in_doubt()

    def overtaken(entry: Entry) -> None:
        numbered.notes.land(entry)

    numbered.next_send(overtaken)
    assert numbered.attempt().status == Standing(7, is_adopted=True, is_verified=True)
    assert numbered.log[2:5] == ["send SO-1001 beside 0 notes as 7", "who holds it", "stands as 7"]


# --- posts that have certainly not happened ---------------------------------------------------------------


def test_refused_post_is_forgotten_with_its_number(numbered: World) -> None:
    numbered.next_send(REFUSED)
    numbered.fail(RefusedError)
    assert numbered.log == ["in doubt for 180 s", "send SO-1001 as 7", "who holds it", "forget"]
    assert numbered.attempt().status == Standing(8, is_verified=True)
    assert "look" not in numbered.log


@pytest.mark.parametrize("error", [REFUSED, PAUSED, UNREACHABLE, DIFFERS])
def test_post_that_has_not_happened_is_forgotten_where_the_books_number(world: World, error: Exception) -> None:
    world.next_send(error)
    world.fail(type(error))
    assert (world.log[-1], world.kept) == ("forget", None)
    assert world.attempt().status == Standing(1, is_verified=True)


@pytest.mark.parametrize("error", [PAUSED, UNREACHABLE, DIFFERS])
def test_number_is_kept_by_a_post_that_was_not_refused_and_needs_no_look(numbered: World, error: Exception) -> None:
    numbered.next_send(error)
    numbered.fail(type(error))
    assert numbered.log == ["in doubt for 180 s", "send SO-1001 as 7", "not posted"]
    assert numbered.kept == entry("note", status=Unposted(), reserved=7)
    assert numbered.attempt().status == Standing(7, is_verified=True)
    assert "look" not in numbered.log


@pytest.mark.parametrize("error", [REFUSED, PAUSED, UNREACHABLE, DIFFERS])
def test_post_in_doubt_stays_so_with_its_number_when_the_next_one_has_not_happened(
    either: World, error: Exception
) -> None:
    number = (either.in_doubt().kept or entry()).reserved
    either.next_send(error)
    either.fail(type(error))
    assert (either.doubt_seconds, (either.kept or entry()).reserved) == (0, number)
    either.notes.standing[number or 1] = "SO-1001"
    assert either.attempt().status == Standing(number or 1, is_adopted=True, is_verified=True)


def test_refused_post_of_which_nobody_can_say_who_holds_its_number_stays_in_doubt(numbered: World) -> None:
    numbered.next_send(REFUSED)
    numbered.notes.trouble = {"holder": UNREACHABLE}
    numbered.fail(RetryableError)
    assert numbered.doubt_seconds == 180


# --- numbers that are somebody else's ---------------------------------------------------------------------


def test_number_that_is_somebody_elses_is_left_to_them_and_the_next_one_gets_its_own_intent(numbered: World) -> None:
    numbered.notes.standing = {7: "by hand", 8: "by hand"}
    made = numbered.attempt()
    taken = ["in doubt for 180 s", "send SO-1001 as 7", "who holds it"]
    assert numbered.log[:7] == [
        *taken, "in doubt for 180 s", "send SO-1001 as 8", "who holds it", "in doubt for 180 s",
    ]  # fmt: skip
    assert (made.status, made.reserved) == (Standing(9, is_verified=True), 9)


def test_numbers_that_are_all_somebody_elses_are_left_after_ten_and_the_eleventh_is_kept(numbered: World) -> None:
    numbered.notes.standing = dict.fromkeys(range(7, 18), "by hand")
    with pytest.raises(RetryableError, match="INVOICE_NUMBERS_TAKEN"):
        numbered.attempt()
    assert numbered.kept == entry("note", status=Unposted(), reserved=17)
    assert numbered.attempt().status == Standing(18, is_verified=True)


def test_document_in_doubt_whose_numbers_are_all_somebody_elses_stays_in_doubt(numbered: World) -> None:
    numbered.in_doubt()
    numbered.notes.standing = dict.fromkeys(range(7, 17), "by hand")
    with pytest.raises(RetryableError, match="INVOICE_NUMBERS_TAKEN"):
        numbered.attempt()
    assert (numbered.doubt_seconds, (numbered.kept or entry()).reserved) == (0, 17)


def test_document_keeps_its_way_of_numbering_when_the_rules_change(either: World) -> None:
    numbered = (either.in_doubt().kept or entry()).reserved
    either.notes.numbers = None if numbered else counting(50)
    assert either.attempt().reserved == numbered


# --- kinds that look first, and ledgers that may have forgotten -------------------------------------------


def test_kind_that_looks_first_makes_its_body_of_what_it_saw(world: World) -> None:
    world.notes.looks_before_first_post, world.notes.standing = True, {3: "another"}
    world.attempt()
    assert world.log == [
        "look", "in doubt for 180 s", "send SO-1001 beside 1 notes", "stands as 4",
        "verify after 1 notes", "verified 4",
    ]  # fmt: skip


def test_kind_that_looks_first_adopts_what_stands_already(world: World) -> None:
    world.notes.looks_before_first_post, world.notes.standing = True, {3: "SO-1001"}
    assert world.attempt().status == Standing(3, is_adopted=True, is_verified=True)
    assert world.log == ["look", "stands as 3", "verify after 1 notes", "verified 3"]


@pytest.mark.parametrize("error", [REFUSED, UNREACHABLE])
def test_first_post_of_a_kind_that_looks_first_is_forgotten_when_it_has_not_happened(
    world: World, error: Exception
) -> None:
    world.notes.looks_before_first_post = True
    world.next_send(error)
    world.fail(type(error))
    assert world.kept is None


def test_document_that_the_ledger_may_have_forgotten_is_looked_for_and_adopted(either: World) -> None:
    either.notes.standing = {3: "SO-1001"}
    assert either.attempt(ledger_may_be_behind=True).status == Standing(3, is_adopted=True, is_verified=True)
    assert either.log[:2] == ["look", "stands as 3"]


def test_document_that_was_forgotten_nowhere_is_posted(either: World) -> None:
    either.attempt(ledger_may_be_behind=True)
    assert either.log[:2] == ["look", "in doubt for 180 s"]
    assert len(either.notes.standing) == 1


@pytest.mark.parametrize("error", [REFUSED, PAUSED])
def test_document_that_may_have_been_forgotten_stays_in_doubt_when_its_post_has_not_happened(
    either: World, error: Exception
) -> None:
    either.next_send(error)
    either.fail(type(error), ledger_may_be_behind=True)
    assert either.doubt_seconds == 0


def test_document_that_the_ledger_knows_is_not_looked_for_although_it_may_have_forgotten_others(
    numbered: World,
) -> None:
    numbered.next_send(PAUSED)
    numbered.fail(RateLimitedError)
    numbered.attempt(ledger_may_be_behind=True)
    assert "look" not in numbered.log


# --- documents that are wanted no more --------------------------------------------------------------------


@pytest.mark.parametrize("status", [Standing(3, is_verified=True)])
def test_document_that_stands_as_it_should_has_nothing_to_be_found_out(world: World, status: Status) -> None:
    world.kept = entry("note", status=status)
    assert world.find_out() == world.kept
    assert world.log == []


def test_unwanted_document_that_may_still_land_is_waited_for(either: World) -> None:
    either.in_doubt(LOST)
    with pytest.raises(OutcomeUnknownError):
        either.find_out()
    assert either.log == ["look"]


def test_unwanted_document_that_can_no_longer_land_is_forgotten(world: World) -> None:
    assert world.in_doubt().find_out() is None
    assert (world.log, world.kept) == (["look", "forget"], None)


def test_unwanted_document_that_lands_later_than_the_bound_has_kept_its_number_for_the_next_post(
    numbered: World,
) -> None:
    numbered.in_doubt(numbered.lose(lands_in=90))
    numbered.clock.sleep(60)
    found = numbered.find_out()
    assert found == numbered.kept
    assert found is not None
    assert (found.status, found.reserved) == (Unposted(), 7)
    numbered.clock.sleep(60)
    numbered.next_send(REFUSED)
    assert numbered.attempt().standing == Standing(7, is_adopted=True, is_verified=True)


def test_unwanted_document_that_landed_is_adopted_and_read_back(either: World) -> None:
    found = either.in_doubt(either.lose(lands_in=0)).find_out()
    assert found == either.kept
    assert found is not None
    assert found.is_settled
    assert either.log[0] == "look"
    assert "send" not in " ".join(either.log)


# --- whatever happens -------------------------------------------------------------------------------------

MISHAPS = st.sampled_from(["none", "lost", "lost, lands", "died", "died, lands", "refused", "paused", "unreadable"])
TRIES = st.lists(st.tuples(MISHAPS, st.integers(0, 59), st.integers(0, 200)), max_size=8)


def play(world: World, mishap: str, lands_in: int) -> None:
    """One attempt that ends in this way, or another if it comes to no post."""
    what, _, lands = mishap.partition(", ")
    after = lands_in if lands else None
    mishaps: dict[str, Any] = {
        "lost": world.lose(after),
        "died": world.lose(after, WorkerDiedError()),
        "refused": REFUSED,
        "paused": PAUSED,
    }
    world.notes.mishaps.clear()
    world.next_send(*[mishaps[what]] if what in mishaps else [])
    world.notes.trouble = {"verify": UNREACHABLE} if what == "unreadable" else {}
    try:
        world.attempt()
    except (BridgeError, WorkerDiedError):
        return


@given(tries=TRIES, first_number=st.sampled_from([None, 7]), looks_before_first_post=st.booleans())
def test_document_stands_once_whatever_happened_on_the_way(
    tries: list[tuple[str, int, int]], first_number: int | None, looks_before_first_post: bool
) -> None:
    world = World(Clock(), first_number)
    world.notes.looks_before_first_post = looks_before_first_post
    for mishap, lands_in, wait in tries:
        play(world, mishap, lands_in)
        world.clock.sleep(wait)
    world.clock.sleep(180)
    world.notes.mishaps.clear()
    world.notes.trouble = {}
    made = world.attempt()
    world.clock.sleep(180)
    assert made.standing is not None
    assert world.notes.now_standing() == {made.standing.number: "SO-1001"}


def test_no_intent_is_written_for_a_post_whose_turn_has_not_come(clock: Clock) -> None:
    world = World(clock)
    world.notes.trouble["await_turn"] = HeldBackError("HELD_BACK", "not yet")
    world.fail(HeldBackError)
    assert (world.log, world.kept) == ([], None)
