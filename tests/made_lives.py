"""What happens to made-up orders after their invoice, and what the books must say then: in whole minor units.

`faults_after` draws refunds, returns, edits, cancellations and disputes, lets the bridge plan after each of them, and
holds its documents against arithmetic of its own (`Tally`). Of the bridge it takes the lines of the invoice alone,
which `made_invoices.faults` has held against the answer.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random

from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.canonical.kinds import CREDIT_NOTE, FURTHER_INVOICE
from sitecore_kashflow.canonical.order import (
    Chargeback,
    Order,
    OrderReturn,
    OrderStanding,
    Payment,
    Refund,
    ReturnedLine,
)
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud import wire
from sitecore_kashflow.shops.ordercloud.mapping import canonical_order
from sitecore_kashflow.shops.ordercloud.payments import Paperwork
from tests.made_books import MadeBooks
from tests.made_days import Moment
from tests.made_invoices import DOCUMENTS, KWD, Case, Edit, Source, edited
from tests.made_tally import Back, Credit, Tally, Target
from tests.whole_numbers import half_up

SHARE = 0.08
"""So many of the orders have a life after their invoice."""
_RATES = {"EUR": 11527, "USD": 12708, "JPY": 1913500, "KWD": 4102}
"""Foreign units for one pound, in ten-thousandths."""
_LATER = {
    "as sold": "",
    "in pounds": "\ncurrency: {mode: convert_to_home}",
    "follow money": "\nrefunds: {return_differs: follow_money}",
}
_rules: dict[tuple[str, str], Rules] = {}


def rules_after(document: str, later: str) -> Rules:
    """The rules of a document, with what they say about later."""
    if (document, later) not in _rules:
        _rules[document, later] = parse_rules(DOCUMENTS[document] + _LATER[later])
    return _rules[document, later]


def has_life(case: Case, share: float = SHARE) -> bool:
    """Whether something is to happen to the order: one whose invoice is known, of which no money went back yet."""
    source = case.source
    if source is None or case.parks or case.is_arguable or case.gross <= 0:
        return False
    went_back = any("Refund" in one["Type"] for paid in case.payments for one in paid["Transactions"])
    is_too_fine = source.setting.is_coarse and any(amount % 10 for amount, _ in case.received)
    return not went_back and not is_too_fine and Random(source.luck).random() < share


def faults_after(case: Case, share: float = SHARE) -> str:
    """What is wrong with what the bridge does in the order's life; empty if nothing, or if it has none."""
    if not has_life(case, share) or case.source is None:
        return ""
    rng = Random(case.source.luck + 1)
    foreign = case.source.setting.currency.code in _RATES
    later = rng.choices(list(_LATER), (1, 1 if foreign else 0, 0.4))[0]
    rules = rules_after(case.document, later)
    life = Life(rng, case, case.source, rules, is_converted=later == "in pounds")
    return next((f"after {', '.join(life.past)}: {fault}" for fault in life.faults()), "")


class Life:
    """One order in its shop, and in the books. Amounts are minor units of the order, or of its documents."""

    def __init__(self, rng: Random, case: Case, source: Source, rules: Rules, *, is_converted: bool) -> None:
        self.rng, self.case, self.source, self.rules = rng, case, source, rules
        currency = source.setting.currency
        self.digits = currency.digits
        self.rate = _RATES[currency.code] if is_converted else 0
        self.follows_money = rules.refunds.return_differs == "follow_money"
        coin = 10 if currency is KWD and not is_converted else 1
        self.minor = 100 if is_converted else 10**currency.digits
        self.tally = Tally(coin, self.minor)
        self.books = MadeBooks(rules, Decimal(self.rate or 1).scaleb(-4 if self.rate else 0))
        self.past: list[str] = []
        self.order = self._read(case.worksheet, [wire.Payment.model_validate(one) for one in case.payments])
        self.lines, self.owed = case.lines, case.gross
        self.now = Moment(max([source.at.day, *(day for _, day in case.received), *self._supplied()]), 24 * 60 - 1)
        self.is_cancelled = self.is_edited = self.is_loose = False
        self.refused = self.must_park = ""
        self._count()

    def _count(self) -> None:
        """How many of each line are sold now."""
        self.tally.quantities = {one.part: one.quantity for one in self.lines if one.part.startswith("line:")}

    def _read(self, worksheet: object, payments: Sequence[wire.Payment]) -> Order:
        shipments = [wire.Shipment.model_validate(one) for one in self.case.shipments]
        return canonical_order(wire.Worksheet.model_validate(worksheet), Paperwork(payments), self.rules, shipments)

    def _supplied(self) -> Iterator[date]:
        for one in self.order.dispatches:
            if one.at:
                yield one.at.date()
        if self.order.completed_at:
            yield self.order.completed_at.date()

    # --- its course --------------------------------------------------------------------------------------

    def faults(self) -> Iterator[str]:
        """Play it, and say what is wrong: the first fault ends it."""
        yield from self._seen([], sale=True)
        if not self.tally.is_sold:
            return  # the rest still waits for its tax point
        for _ in range(self.rng.choice((1, 1, 2, 3, 4))):
            yield from self._something()
            if self.refused:
                return
        if self.rng.random() < 0.5:
            yield from self._end()

    def _pass_time(self, days: int = 20) -> None:
        later = self.now.later(self.rng, days)
        self.now = later if later != self.now else Moment(self.now.day + timedelta(days=1), 120)

    def _something(self) -> Iterator[str]:
        happenings = {
            self._goodwill: 3 if self.held else 0,
            self._too_much: 0.1 if self.order.payments else 0,
            self._return: 3 if self._may_come_back() else 0,
            self._cancel: 1 if not self.is_cancelled else 0,
            self._reopen: 2 if self.is_cancelled else 0,
            self._edit: 3 if self._may_be_edited() else 0,
            self._pay: 2 if self.due > 0 and not (self.is_cancelled or self.is_loose) else 0,
            self._capture_twice: 1 if self._may_be_captured_twice() else 0,
            self._dispute: 1 if self.held and self.order.payments and not self.order.chargebacks else 0,
            self._win: 3 if len(self.order.chargebacks) == 1 else 0,
        }
        happening = self.rng.choices(list(happenings), list(happenings.values()))[0]
        self._pass_time()
        self.past.append(happening.__name__.strip("_"))
        yield from happening()

    def _end(self) -> Iterator[str]:
        """Cancelled, and all money given back: nothing is left of it anywhere."""
        self._pass_time()
        self.past.append("end")
        if not self.is_cancelled:
            yield from self._cancel()
        self._pass_time()
        if self.held > 0:
            yield from self._refunded([self.held])
        if self.held == 0 and not self.refused:
            left = self.books.by_account()
            deposits = len(self.order.payments) if self.rate and self.case.papers else 0  # each was converted by itself
            if left or self.books.charged or abs(self.books.paid) * 100 > deposits:
                yield f"leaves {left}, {self.books.charged} charged and {self.books.paid} paid"
            elif self.state is not OrderState.CREDITED:
                yield f"is {self.state}"

    # --- what may happen ---------------------------------------------------------------------------------

    def _goodwill(self) -> Iterator[str]:
        """Money back, for nothing that is said: one refund, or several that are seen together."""
        amounts, left = list[int](), self.held
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            if left > 0:
                amount = left if self.rng.random() < 0.3 else self.rng.randrange(1, left + 1)
                if self.source.setting.is_coarse and not self.rate and self.rng.random() < 0.9:
                    amount = max(10, amount // 10 * 10)
                amounts.append(amount)
                left -= amount
        yield from self._refunded(amounts)

    def _refunded(self, amounts: Sequence[int], back: Back | None = None) -> Iterator[str]:
        papers = list[tuple[date, int, Back | None]]()
        for number, amount in enumerate(amounts):
            if number:
                self._pass_time(3)
            before = self.refunded + self._minor(self.order.charged_back)
            refund = Refund(
                refund_id=f"C/R{len(self.order.refunds)}",
                paid_by=self.order.payments[0],
                amount=self._money(amount),
                refunded_at=_in_utc(self.now),
                return_id=back.name if back else "",
            )
            self._change(refunds=(*self.order.refunds, refund))
            papers.append((self.now.day, self._in_books(before + amount) - self._in_books(before), back))
        self.must_park = self._why_parked([amount for _, amount, _ in papers], back)
        yield from self._seen([paper for paper in papers if paper[1]])

    def _why_parked(self, amounts: Sequence[int], back: Back | None) -> str:
        """The reason for which refunds must wait for a person; empty if there is none."""
        if self.held < 0 or sum(amounts) > self.tally.whole:
            return "REFUND_ABOVE_INVOICE"
        if any(amount % self.tally.coin for amount in amounts):
            return "FINER_THAN_KASHFLOW"
        if back and not self.follows_money and not self.tally.explains(back, amounts[0]):
            return "REFUND_NOT_EXPLAINED"
        return ""

    def _too_much(self) -> Iterator[str]:
        """More goes back than ever came in."""
        yield from self._refunded([self.held + self.rng.randrange(1, 1000) * 10])

    def _return(self) -> Iterator[str]:
        """Some pieces of some lines come back, perhaps with amounts, perhaps with delivery; the money with them."""
        back = self.tally.draw_return(self.rng, f"r{len(self.order.returns)}")
        if back is None:
            return
        amount = worth = self.tally.worth(back)
        slack = self.tally.coin * len(back.lines)
        chance = self.rng.random()
        if chance < 0.15:
            amount = worth + sum(one.gross for one in self.tally.delivery().values())
        elif chance < 0.25:
            amount = worth + self.rng.choice((-1, 1)) * slack
        elif chance < 0.3:
            amount = worth + self.rng.choice((-1, 1)) * (slack + self.rng.randrange(1, 500) * self.tally.coin)
        paid = self._out_of_books(amount)
        if not 0 < paid <= self.held or amount <= 0:
            self._change(returns=self.order.returns)
            return
        lines = tuple(
            ReturnedLine(line_id=name, quantity=pieces, amount=None if stated is None else self._stated(stated))
            for name, pieces, stated in back.lines
        )
        self._change(returns=(*self.order.returns, OrderReturn(return_id=back.name, lines=lines)))
        yield from self._refunded([paid], back)

    def _cancel(self) -> Iterator[str]:
        self.is_cancelled = True
        cancelled = {"standing": OrderStanding.CANCELLED, "status": "Canceled", "cancelled_at": _in_utc(self.now)}
        self._change(**cancelled)
        yield from self._seen([])

    def _reopen(self) -> Iterator[str]:
        self.is_cancelled = False
        opened = {
            "standing": OrderStanding.DUE,
            "status": "Open",
            "cancelled_at": None,
            "changed_at": _in_utc(self.now),
        }
        self._change(**opened)
        yield from self._seen([])

    def _may_be_captured_twice(self) -> bool:
        """Not where it is in doubt what was charged once: after a dispute, or where a coin is less than a penny."""
        is_in_doubt = self.is_cancelled or self.order.refunds or self.order.chargebacks or self.owed < 1000
        return self.held == self.owed and not is_in_doubt

    def _may_come_back(self) -> bool:
        is_pending = (
            self.is_edited and int(self.books.charged * self.minor) > self._in_books(self.owed) - self.tally.gone
        )
        return self.held > 0 and not (self.is_cancelled or self.is_loose or is_pending)

    def _may_be_edited(self) -> bool:
        is_exact = self.case.method in ("line", "included") and self.case.document not in ("parents", "children")
        return is_exact and not self.is_cancelled

    def _edit(self) -> Iterator[str]:
        edit, self.source = edited(self.rng, self.case, self.source)
        worth = edit.gross + self.source.gift - sum(one.amount for one in edit.lines if not one.is_supply)
        if edit.gross <= 0 or worth < self.source.gift or any(one.amount < 0 for one in self.source.basket.goods):
            self.refused = "the maker made nothing of it"
            return
        more = edit.gross - self.owed
        if more > 0 and self.held == self.owed and not self.source.setting.is_coarse and self.rng.random() < 0.3:
            self.past.append("paid before")
            self._change(payments=(*self.order.payments, self._payment(more)))
            self._pass_time(3)
        self._take(edit)
        yield from self._seen([])

    def _take(self, edit: Edit) -> None:
        was, self.lines, self.owed = self.order, edit.lines, edit.gross
        self.is_loose |= self.refunded > 0 or not all(one.box for one in edit.lines)
        self.is_edited = True
        cards = [one for one in self.case.payments if one["Type"] == "SpendingAccount"]
        read = self._read(edit.worksheet, [wire.Payment.model_validate(one) for one in cards])
        kept = ("payments", "refunds", "returns", "chargebacks", "completed_at", "status")
        self.order = read.model_copy(update={name: getattr(was, name) for name in kept})
        self._change(changed_at=_in_utc(self.now))
        self._count()

    def _pay(self) -> Iterator[str]:
        """Some of what is still due, or all of it, comes in."""
        amount = self.due if self.rng.random() < 0.7 else self.rng.randrange(1, self.due + 1)
        if self.source.setting.is_coarse:
            amount = max(10, amount // 10 * 10)
        self._change(payments=(*self.order.payments, self._payment(amount)))
        yield from self._seen([])

    def _payment(self, amount: int) -> Payment:
        name = f"L{len(self.order.payments)}/T"
        return Payment(
            payment_id=name,
            method="CreditCard",
            transaction="CreditCardCapture",
            amount=self._money(amount),
            received_at=_in_utc(self.now),
        )

    def _capture_twice(self) -> Iterator[str]:
        """By mistake, and given back before anybody looked: no document has it."""
        twice = self._payment(self.owed)
        self._change(payments=(*self.order.payments, twice))
        back = Refund(refund_id="L/twice", paid_by=twice, amount=twice.amount, refunded_at=_in_utc(self.now))
        self._change(refunds=(*self.order.refunds, back))
        yield from self._seen([])

    def _dispute(self) -> Iterator[str]:
        disputed = self.rng.choice(self.order.payments)
        amount = min(self._minor(disputed.amount), self.held)
        taken = Chargeback(
            chargeback_id="C/dispute", paid_by=disputed, amount=self._money(amount), taken_at=_in_utc(self.now)
        )
        self._change(chargebacks=(taken,))
        yield from self._seen([])

    def _win(self) -> Iterator[str]:
        lost = self.order.chargebacks[0]
        if self._minor(lost.amount) > self.due:
            return  # the customer has paid in another way since
        won = {"chargeback_id": "C/won", "amount": -lost.amount, "taken_at": _in_utc(self.now)}
        self._change(chargebacks=(lost, lost.model_copy(update=won)))
        yield from self._seen([])

    def _change(self, **fields: object) -> None:
        self.order = self.order.model_copy(update=fields)

    # --- money -------------------------------------------------------------------------------------------

    def _money(self, amount: int) -> Decimal:
        return Decimal(amount).scaleb(-self.digits)

    def _minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(self.digits))

    def _in_books(self, amount: int) -> int:
        return half_up(amount * 100 * 10_000, 10**self.digits * self.rate) if self.rate else amount

    def _out_of_books(self, amount: int) -> int:
        return half_up(amount * 10**self.digits * self.rate, 100 * 10_000) if self.rate else amount

    def _stated(self, amount: int) -> Decimal:
        return Decimal(amount) / self.minor

    @property
    def refunded(self) -> int:
        """What went back for what is charged."""
        return sum(self._minor(one.amount) for one in self.order.refunds if one.refund_id != "L/twice")

    @property
    def held(self) -> int:
        """What the shop has of the customer's money."""
        return self._minor(self.order.paid - self.order.refunded - self.order.charged_back)

    @property
    def due(self) -> int:
        gone = max(self._out_of_books(self.tally.gone), self.refunded if self.rate else 0)
        return max(0, self.owed - gone - self.held)

    @property
    def held_in_books(self) -> int:
        """All that came in, less all that left, each converted at once."""
        parts = (self.order.paid, self.order.refunded, self.order.charged_back)
        paid, back, taken = map(self._minor, parts)
        return self._in_books(paid) - self._in_books(back + taken)

    @property
    def state(self) -> OrderState:
        return self.books.settle(self.order).state

    # --- what the books must say -------------------------------------------------------------------------

    def _downs(self) -> Credit:
        if not (self.is_edited or self.is_cancelled) or self.is_loose or (self.rate and not self.is_cancelled):
            return {}
        return self.tally.downs(self._target)

    @property
    def _target(self) -> Target:
        """Net and VAT of each part that is to be charged now, by its percentage and box."""
        if self.is_cancelled:
            return {}
        sums: Target = {}
        for one in self.lines:
            vat = one.vat
            net = one.amount - vat if self.case.method == "included" else one.amount
            key = one.part, one.rate, one.box
            old = sums.get(key, (0, 0))
            sums[key] = old[0] + net, old[1] + vat
        return sums

    def _seen(self, papers: Sequence[tuple[date, int, Back | None]], *, sale: bool = False) -> Iterator[str]:
        """The bridge looks. `papers` are the days and amounts of the refunds that are to be credited."""
        seen = len(self.books.posted)
        try:
            self.books.settle(self.order)
        except PermanentError as error:
            self.refused = error.code
            if error.code != self.must_park:
                yield f"refused: {error.code}: {error}"
            return
        if self.must_park:
            self.refused = self.must_park
            yield f"goes on, and should be parked as {self.must_park}"
            return
        made = [one for one in islice(self.books.posted, seen, None) if isinstance(one, InvoiceDraft)]
        if sale:
            for one in made:
                self.tally.take(one.lines)
            self.tally.is_sold = any(one.kind == "invoice" for one in made)
            return
        yield from self._faults_of_papers(made, papers)
        yield from self._faults_of_sums()

    def _faults_of_papers(
        self, made: Sequence[InvoiceDraft], papers: Sequence[tuple[date, int, Back | None]]
    ) -> Iterator[str]:
        refunds = iter(papers)
        for one in made:
            tally, gross = self.tally, int(one.gross * self.minor)
            day, back = self.now.day, None
            if one.kind == CREDIT_NOTE and one.payments:
                day, amount, back = next(refunds, (self.now.day, 0, None))
                if gross != -amount or [int(line.amount * self.minor) for line in one.payments] != [-amount]:
                    yield f"{one.reference} comes to {one.gross}, not {-amount}"
            is_of_pennies = bool(self.rate) and -len(self.order.payments) <= gross < 0
            may_be_of_the_edit = self.is_loose or one.kind == FURTHER_INVOICE
            changed_on = books_date(self.order.changed_at or self.order.placed_at)
            is_of_the_edit = may_be_of_the_edit and one.issued_on == changed_on
            if one.issued_on != day and not (is_of_pennies or is_of_the_edit):
                yield f"{one.reference} is of {one.issued_on}, not {day}"
            if one.kind == CREDIT_NOTE:
                yield from (f"{one.reference} {fault}" for fault in self._faults_of_credit(one, back))
            elif one.kind != FURTHER_INVOICE or gross <= 0:
                yield f"makes {one.reference}, a {one.kind} of {one.gross}"
            tally.take(one.lines)
            yield from (f"after {one.reference}, {fault}" for fault in tally.faults(is_strict=not self.is_loose))
        if next(refunds, None):
            yield f"makes no credit note for a refund, but {[one.reference for one in made]}"

    def _faults_of_credit(self, note: InvoiceDraft, back: Back | None) -> Iterator[str]:
        if note.gross > 0 or (not note.gross and not self.is_cancelled):
            yield f"credits {-note.gross}"
        if not self.is_loose and not (self.rate and self.is_edited):
            yield from self.tally.faults_of_credit(note.lines, self._downs(), back)

    def _faults_of_sums(self) -> Iterator[str]:
        """The documents come to what the customer owes, or to what was paid of it; the receipts to what is held."""
        charged, paid = int(self.books.charged * self.minor), int(self.books.paid * self.minor)
        held = self.held_in_books
        pennies = len(self.order.payments) if self.rate else 0
        if abs(paid - held) > pennies:
            yield f"shows {paid} paid of {held}"
        owed = 0 if self.is_cancelled else self._in_books(self.owed) - self.tally.gone
        if not self.is_loose and charged < owed:
            yield f"charges {charged}, less than the {owed} that are owed"
        if charged > max(owed, held) + pennies and not self.is_loose:
            yield f"charges {charged}; {owed} are owed and {held} paid"
        is_settled = charged == owed and self.is_edited and not (self.is_cancelled or self.is_loose or self.rate)
        if is_settled:
            yield from self.tally.differs(self._target)
        if charged != self.tally.whole:
            yield f"has entries of {charged}, and lines of {self.tally.whole}"


def _in_utc(moment: Moment) -> datetime:
    return datetime.fromisoformat(moment.in_utc.replace("Z", "+00:00")).astimezone(UTC)
