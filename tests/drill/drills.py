"""One trouble for each alarm: what brings it about, and when the alarm's description is true, seen from outside."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from sandbox.kashflow.ledger import remove
from sandbox.retail_order import PaymentKind, RetailOrder
from tests.drill.stack import FrontDoor, Stack, stack
from tests.simulation.drive import an_order
from tests.simulation.environment import DEFAULTS
from tests.simulation.scheduler import START

HOUR, DAY = 3600, 86_400
_CALM = 2000
POST_INVOICE = "kashflow POST /v2/invoices"
INVOICE_LIST = "kashflow GET /v2/invoices"


@dataclass
class Calls:
    """Calls whose name begins with these words go wrong in this way; with `spared`, each one of so many goes through.

    `hit` are the moments at which one did.
    """

    stack: Stack
    kinds: dict[str, str]
    spared: int = 0
    number: int = 0
    hit: list[float] = field(default_factory=list)

    def take(self, site: str) -> str | None:
        kind = next((kind for name, kind in self.kinds.items() if f"{site} ".startswith(f"{name} ")), None)
        if kind is not None and self.spared:
            self.number += 1
            kind = kind if self.number % self.spared else None
        if kind is not None:
            self.hit.append(self.stack.now)
        return kind


@dataclass(frozen=True)
class Drill:
    """A trouble and its alarm. While it lasts, orders come `every` so many seconds.

    `also`: alarms that rightly go off as well, because what they describe is a consequence. `within`: how long it may
    take until the alarm's description is true; `lasts`: for how long the trouble goes on from then.
    """

    trouble: str
    alarm: str
    begin: Callable[[Stack], None]
    holds: Callable[[Stack], bool]
    also: frozenset[str] = frozenset()
    every: float = 600
    within: float = 2 * HOUR
    lasts: float = HOUR / 2


@dataclass(frozen=True)
class Outcome:
    """What came of a drill: seconds from when the description was true to the message, and other alarms that rang."""

    drill: Drill
    seconds: float | None
    rings: int
    others: frozenset[str]
    sent: list[str]

    @property
    def is_right(self) -> bool:
        in_time = self.seconds is not None and -5 <= self.seconds <= 120
        return in_time and self.rings == 1 and self.others <= self.drill.also


def play(drill: Drill) -> Outcome:
    """A calm half-hour, then the trouble."""
    with stack() as it:
        it.run(_CALM)
        drill.begin(it)
        began = it.now
        for number in range(int((drill.within + drill.lasts) / drill.every)):
            it.world.plan(17 + number * drill.every, partial(it.world.place, an_order(number, 5)))
        it.run(drill.within, until=partial(drill.holds, it))
        held = it.now if drill.holds(it) else None
        it.run(drill.lasts)
        rings = it.rings(began)
    own = [change.moment for change in rings if change.alarm == drill.alarm]
    return Outcome(
        drill,
        seconds=own[0] - held if own and held is not None else None,
        rings=len(own),
        others=frozenset(change.alarm for change in rings) - {drill.alarm},
        sent=[f"{change.alarm} {change.new}" for change in it.sent],
    )


# --- what goes wrong -----------------------------------------------------------------------------------------


def go_wrong(kinds: dict[str, str], spared: int = 0) -> Callable[[Stack], None]:
    """Calls whose names begin with these words go wrong from now on."""

    def begin(it: Stack) -> None:
        it.world.faults = Calls(it, kinds, spared)

    return begin


def hits(it: Stack, seconds: float = DAY) -> int:
    """How many calls went wrong within the last so many seconds."""
    faults = it.world.faults
    return sum(moment > it.now - seconds for moment in faults.hit) if isinstance(faults, Calls) else 0


def consumer_off(it: Stack) -> None:
    queue = it.world.queues["OrderQueue"]
    queue._source = replace(queue._source, consumers=0)


def wrong_password(it: Stack) -> None:
    it.world.secrets["kashflow"] = it.world.secrets["kashflow"] | {"password": "changed-in-kashflow"}


def is_refused(it: Stack) -> bool:
    access = it.world.tables["LedgerTable"].items.get(("ACCESS#KASHFLOW", "CURRENT"), {})
    return "refused_secret_version" in access


def package_full(it: Stack) -> None:
    it.world.kashflow.switches.put({"invoice_limit": "reached"})


def is_parked(it: Stack) -> bool:
    return any(item.get("state") == "parked" for item in it.world.tables["LedgerTable"].items.values())


def parking_breaks(it: Stack) -> None:
    """Parking fails, so that the run fails; the notice of that finds the function mended."""
    package_full(it)
    it.broken.add("park_order")
    it.world.plan(45, it.broken.clear)


def has_ended(it: Stack, status: str) -> bool:
    return any(run.status == status for run in it.world.workflows.executions.values())


def nobody_decided(it: Stack) -> None:
    """The first run is parked by a minute from now; an hour later the engine says that it timed out."""
    package_full(it)

    def time_out() -> None:
        it.world.kashflow.switches.put({"invoice_limit": "none"})
        for run in it.world.workflows.executions.values():
            if run.status == "RUNNING":
                run.stop("TIMED_OUT")

    it.world.plan(HOUR, time_out)


def run_stopped_and_parking_broken(it: Stack) -> None:
    """Somebody stops a run that waits for KashFlow; the function that would park its order cannot start."""
    it.world.faults = Calls(it, {POST_INVOICE: "paused"})
    it.broken.add("park_order")

    def stop() -> None:
        for run in it.world.workflows.executions.values():
            if run.status == "RUNNING":
                run.stop()

    it.world.plan(120, stop)


def copy_made(it: Stack) -> None:
    """Somebody copies an invoice in KashFlow."""
    books = it.world.kashflow.kashflow.books

    def copy() -> None:
        first = next(iter(books.invoices))
        books.invoices.put(9000, {**first, "Number": 9000, "Id": 9000})

    it.world.plan(HOUR, copy)


def invoice_deleted(it: Stack) -> None:
    """Somebody deletes an order's invoice in KashFlow."""
    books = it.world.kashflow.kashflow.books
    it.world.plan(HOUR, lambda: remove(books, next(iter(books.invoices))))


def books_differ(it: Stack) -> bool:
    found = it.wiring.reconciliation_store.last("2026-11")
    return found is not None and bool(found.unexplained)


def comparison_is_late(it: Stack) -> bool:
    found = [it.wiring.reconciliation_store.last(month) for month in ("2026-10", "2026-11")]
    done = [one.finished_at.timestamp() for one in found if one is not None]
    return bool(done) and it.called["reconcile_books"] - max(done) > 2 * DAY


class PennyShort(RetailOrder):
    """An order of a shop that charges a penny of VAT too little, which is within what rounding may do to one order."""

    @property
    def tax(self) -> Decimal:
        return super().tax - Decimal("0.01")


def vat_rounded_down(it: Stack) -> None:
    place = it.world.place

    def place_short(order: RetailOrder) -> None:
        place(PennyShort(**vars(order)))

    it.world.place = place_short  # type: ignore[method-assign]


def drifts(it: Stack) -> bool:
    """Whether the sum of the roundings in the ledger is beyond chance: seventeen pennies of seventeen orders."""
    days = [item for item in it.world.tables["LedgerTable"].items.values() if item["pk"] == "VAT_DRIFT"]
    return sum(Decimal(day["total"]) for day in days) <= -17


def duplicates_seen(it: Stack) -> bool:
    return bool(it.wiring.duplicate_store.read().found)


def pass_is_late(it: Stack) -> bool:
    if it.now - START.timestamp() < DAY:
        return False
    watch = it.wiring.duplicate_store.read()
    began = watch.began_at or watch.watched_since
    return bool(began and watch.checked_at) and (watch.checked_at - began).total_seconds() > DAY


def dead(name: str) -> Callable[[Stack], bool]:
    return lambda it: bool(it.dead_letters[name])


def rules_deleted(it: Stack) -> None:
    """The shop publishes rules of its own; half an hour later somebody deletes them in AppConfig."""
    it.world.rules_text = "version: own"
    it.world.plan(HOUR / 2, partial(go_wrong({"rules StartConfigurationSession": "gone"}), it))


def sweep_off(it: Stack) -> None:
    it.off.add("sweep_orders")


def wrong_key(it: Stack) -> None:
    it.world.secrets["webhook"] = {"current": "another-key", "previous": ""}


def answered(it: Stack, first: int, last: int, seconds: float = DAY) -> int:
    """How many webhooks were answered with such a status within the last so many seconds."""
    return sum(first <= status <= last for moment, status in it.answers if moment > it.now - seconds)


def burst(it: Stack) -> None:
    """The API takes ten webhooks at once and five a second, and forty orders come at the same moment."""
    it.front = FrontDoor(5, 10)
    for number in range(1000, 1040):
        it.world.plan(60, partial(it.world.place, an_order(number, 5)))


def longest_wait(it: Stack) -> float:
    """How long the order that waits longest had waited when the sweep last looked."""
    items = it.world.tables["LedgerTable"].items.values()
    began = [datetime.fromisoformat(item["waits_since"]).timestamp() for item in items if "waits_since" in item]
    return it.called["sweep_orders"] - min(began, default=it.now)


def nobody_pays(it: Stack) -> None:
    """The shop waits for payment or dispatch; an order has had neither for nearly as long as the alarm allows."""
    it.world.rules_text = "{orders: {tax_point: first_of}, nominal_codes: {deposit: 2115}}"
    it.world.plan(60, partial(it.world.place, an_order(1000, 5, PaymentKind.AUTHORISED)))

    def weeks_pass() -> None:
        items = it.world.tables["LedgerTable"].items.values()
        for item in [item for item in items if "awaits_since" in item]:
            since = it.world.clock() - timedelta(days=int(DEFAULTS["EvidenceWaitDays"])) + timedelta(minutes=30)
            item["awaits_since"] = since.isoformat()

    it.world.plan(HOUR, weeks_pass)


def days_without_evidence(it: Stack) -> float:
    """For how many days the order that waits longest had had no evidence when the sweep last looked."""
    items = it.world.tables["LedgerTable"].items.values()
    began = [datetime.fromisoformat(item["awaits_since"]).timestamp() for item in items if "awaits_since" in item]
    return (it.called["sweep_orders"] - min(began, default=it.now)) / DAY


PARKED = frozenset({"OrdersParkedAlarm"})

DRILLS = [
    Drill(
        "the sweep may not write to the queue",
        "SweepDeadLetterAlarm",
        go_wrong({"queue SendMessageBatch": "refused"}),
        dead("SweepDeadLetterQueue"),
        lasts=2 * HOUR,
    ),
    Drill(
        "the sweep is switched off", "SweepOffAlarm", sweep_off, lambda it: it.now - it.called["sweep_orders"] >= HOUR
    ),
    Drill(
        "the function that tells people cannot start",
        "NotifyDeadLetterAlarm",
        lambda it: it.broken.add("notify_people"),
        dead("NotifyDeadLetterQueue"),
    ),
    Drill(
        "no run can be started",
        "OrderDeadLetterAlarm",
        go_wrong({"workflow StartExecution": "refused"}),
        lambda it: bool(it.world.dead_letters),
    ),
    Drill(
        "a hint on the queue of past orders cannot be read",
        "BackfillDeadLetterAlarm",
        lambda it: it.world.enqueue("no envelope", "BackfillQueue"),
        lambda it: bool(it.world.queues["BackfillQueue"].dead_letters),
    ),
    Drill(
        "a hint on the queue of payouts cannot be read",
        "PayoutDeadLetterAlarm",
        lambda it: it.world.enqueue("no envelope", "PayoutQueue"),
        lambda it: bool(it.world.queues["PayoutQueue"].dead_letters),
    ),
    Drill(
        "a payout file cannot be read",
        "PayoutImportDeadLetterAlarm",
        lambda it: it.world.put_file("stripe/broken.csv", b"no columns of ours"),
        lambda it: bool(it.world.import_dead_letters),
    ),
    Drill(
        "the queue's consumer is switched off",
        "OrdersHeldUpAlarm",
        consumer_off,
        lambda it: it.oldest_message_seconds >= 900,
    ),
    Drill(
        "parking an order fails once",
        "WorkflowFailedAlarm",
        parking_breaks,
        lambda it: has_ended(it, "FAILED"),
        also=PARKED,
    ),
    Drill(
        "nobody decides about a parked order",
        "WorkflowTimedOutAlarm",
        nobody_decided,
        lambda it: has_ended(it, "TIMED_OUT"),
        also=PARKED,
    ),
    Drill(
        "a run is stopped, and its order cannot be parked",
        "ParkingDeadLetterAlarm",
        run_stopped_and_parking_broken,
        lambda it: bool(it.world.workflows.parking_dead_letters),
    ),
    Drill("an order needs a person", "OrdersParkedAlarm", package_full, is_parked),
    Drill(
        "the watch may not read the ledger",
        "WatchDeadLetterAlarm",
        go_wrong({"ledger GetItem WATCH": "refused"}),
        dead("WatchDeadLetterQueue"),
        within=4 * HOUR,
    ),
    Drill(
        "the shop rounds VAT down",
        "VatRoundedDownAlarm",
        vat_rounded_down,
        drifts,
        every=240,
    ),
    Drill(
        "the comparison of the books may not read the ledger",
        "ReconciliationDeadLetterAlarm",
        go_wrong({"ledger GetItem PASS": "refused"}),
        dead("ReconciliationDeadLetterQueue"),
    ),
    Drill(
        "an invoice is deleted in KashFlow",
        "BooksDifferAlarm",
        invoice_deleted,
        books_differ,
        every=3 * HOUR,
        within=30 * HOUR,
    ),
    Drill(
        "KashFlow does not show the list of invoices for days",
        "ReconciliationLateAlarm",
        go_wrong({INVOICE_LIST: "paused_without_time"}),
        comparison_is_late,
        also=frozenset({"DuplicateWatchLateAlarm"}),
        every=12 * HOUR,
        within=60 * HOUR,
    ),
    Drill("an invoice is copied in KashFlow", "DuplicatesFoundAlarm", copy_made, duplicates_seen, within=4 * HOUR),
    Drill(
        "KashFlow never shows the list of invoices",
        "DuplicateWatchLateAlarm",
        go_wrong({INVOICE_LIST: "paused_without_time"}),
        pass_is_late,
        every=3 * HOUR,
        within=30 * HOUR,
    ),
    Drill(
        "a function may no longer read the ledger's customers",
        "AwsRefusedAlarm",
        go_wrong({"ledger GetItem LINK": "denied"}),
        lambda it: hits(it) > 0,
        also=PARKED,
    ),
    Drill("the shop's rules are deleted in AppConfig", "RulesMissingAlarm", rules_deleted, lambda it: hits(it) > 0),
    Drill("KashFlow's password is changed", "CredentialsRefusedAlarm", wrong_password, is_refused, lasts=3 * HOUR),
    Drill(
        "KashFlow is away",
        "SystemsAwayAlarm",
        go_wrong({"kashflow": "refused"}),
        lambda it: hits(it) >= 5,
        lasts=3 * HOUR,
    ),
    Drill(
        "KashFlow takes calls and does not answer",
        "SystemsAwayAlarm",
        go_wrong({"kashflow": "lost"}),
        lambda it: hits(it) >= 5,
        lasts=3 * HOUR,
    ),
    Drill(
        "OrderCloud is away",
        "SystemsAwayAlarm",
        go_wrong({"ordercloud": "refused"}),
        lambda it: hits(it) >= 5,
        lasts=3 * HOUR,
    ),
    Drill(
        "answers to writes get lost",
        "OrdersHeldUpAlarm",
        go_wrong({POST_INVOICE: "lost"}),
        lambda it: hits(it, 900) >= 5,
        every=120,
    ),
    Drill(
        "every second report to Sitecore fails",
        "OrdersHeldUpAlarm",
        go_wrong({"ordercloud PATCH": "refused"}, 2),
        lambda it: hits(it, 900) >= 3,
        every=20,
        within=HOUR / 2,
        lasts=HOUR / 4,
    ),
    Drill(
        "KashFlow asks for a pause for ever",
        "OrdersHeldUpAlarm",
        go_wrong({"kashflow": "paused"}),
        lambda it: longest_wait(it) >= HOUR,
    ),
    Drill(
        "an order is neither paid nor sent",
        "EvidenceMissingAlarm",
        nobody_pays,
        lambda it: days_without_evidence(it) >= int(DEFAULTS["EvidenceWaitDays"]),
    ),
    Drill(
        "the front door may not write to the queue",
        "ApiErrorsAlarm",
        go_wrong({"queue SendMessage": "refused"}),
        lambda it: answered(it, 500, 599) > 0,
    ),
    Drill("the webhook's key is wrong", "EventsRejectedAlarm", wrong_key, lambda it: answered(it, 401, 401, HOUR) >= 3),
    Drill(
        "more webhooks come than the API takes",
        "WebhooksThrottledAlarm",
        burst,
        lambda it: answered(it, 429, 429, 300) >= 50,
    ),
]
