"""How far a comparison has got, and what it has gathered from both sides."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .compare import Sides, compare, is_named_alike
from .values import Balance, Expected, ExpectedReceipt, OpenOrder, Period, Shown, ShownReceipt


class Stage(StrEnum):
    """What is gathered, in this order; then what looks wrong is read again."""

    LEDGER = "ledger"
    SHOP = "shop"
    LIST = "list"
    BANK = "bank"
    PROOF = "proof"
    DONE = "done"


STAGES = tuple(Stage)


@dataclass(frozen=True)
class Claim:
    """A document under a number that another order's document has too, and the money on it.

    KashFlow gives the highest number plus one (KF-55), so that of a deleted document may come again.
    """

    document: Expected
    receipts: list[ExpectedReceipt]


@dataclass
class Pass:
    """One comparison of some days. `place` says how far its stage has got, in that stage's own words.

    `heard_from`: no order that the shop had before that is missed. `expected` and `shown` are documents by their
    numbers, `claims` those whose number another has too; `wanted` and `received` are all that is known of the money on
    them. `known` are the orders that the ledger has, by their keys. `why` explains documents that no order knows;
    `others` are documents of other business. `proved` were read on their own, on both sides. `total` is how many rows
    the list of invoices had. `revision` grows with every save.
    """

    period: Period
    began_at: datetime
    currency: str
    stage: Stage = Stage.LEDGER
    place: str = ""
    is_thorough: bool = False
    heard_from: datetime | None = None
    expected: dict[int, Expected] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    wanted: dict[int, list[ExpectedReceipt]] = field(default_factory=dict)
    late: list[Expected] = field(default_factory=list)
    open_orders: dict[str, OpenOrder] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    shown: dict[int, Shown] = field(default_factory=dict)
    received: dict[int, list[ShownReceipt]] = field(default_factory=dict)
    balances: dict[int, Balance] = field(default_factory=dict)
    brought: set[int] = field(default_factory=set)
    unheard: list[str] = field(default_factory=list)
    why: dict[int, str] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)
    proved: set[int] = field(default_factory=set)
    asked_again: set[str] = field(default_factory=set)
    total: int = 0
    revision: int = 0

    def next_stage(self) -> None:
        self.stage, self.place = STAGES[STAGES.index(self.stage) + 1], ""

    def learn(self, documents: list[Expected], receipts: list[ExpectedReceipt]) -> None:
        """Keep what an order's entries say, as far as it belongs to these days."""
        of_these_days = {one.number for one in receipts if self.period.has(one.day)}
        for one in documents:
            if one.number is not None and (self.period.has(one.issued) or one.number in of_these_days):
                self.hold(one, [each for each in receipts if each.number == one.number])
            if self.period.has(one.supplied) and not self.period.has(one.issued):
                self.late = [*(each for each in self.late if each.reference != one.reference), one]

    def hold(self, one: Expected, receipts: list[ExpectedReceipt]) -> None:
        """Keep a document under its number: of two that claim it, the one whose reference KashFlow shows there."""
        number, name = one.number or 0, f"{one.order} {one.reference}"
        held, shown = self.expected.get(number), self.shown.get(number)
        self.claims.pop(name, None)
        if held is None or name == f"{held.order} {held.reference}":
            self.expected[number], self.wanted[number] = one, receipts
        elif shown is not None and is_named_alike(shown.reference, one.reference):
            self.claims[f"{held.order} {held.reference}"] = Claim(held, self.wanted.pop(number, []))
            self.expected[number], self.wanted[number] = one, receipts
        else:
            self.claims[name] = Claim(one, receipts)

    def see(self, shown: Shown) -> None:
        """Keep what KashFlow shows of a document, and whose it is if several orders claim its number."""
        self.shown[shown.number] = shown
        for claim in [one for one in self.claims.values() if one.document.number == shown.number]:
            self.hold(claim.document, claim.receipts)

    def suspects(self) -> list[int]:
        """Numbers of documents that look wrong, or all of them, and were not read on their own yet."""
        wrong = {one.number for one in compare(self.sides()) if one.number is not None}
        strangers = {number for number in self.received if number not in self.expected and number not in self.shown}
        everything = set(self.expected) if self.is_thorough else set[int]()
        return sorted((wrong | strangers | everything) - self.proved - self.others)

    def sides(self) -> Sides:
        return Sides(
            period=self.period,
            expected=self.expected,
            shown={number: one for number, one in self.shown.items() if number not in self.others},
            wanted=[one for some in self.wanted.values() for one in some],
            received=[one for some in self.received.values() for one in some],
            claims=[one.document for one in self.claims.values()],
            why=self.why,
            brought=frozenset(self.brought),
        )
