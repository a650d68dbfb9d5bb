"""`books`: what was posted for some days, as a trial balance, and what is still missing from it."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from ...canonical.days import books_date
from ...canonical.money import ZERO
from ...canonical.payout import PAYOUT
from ...canonical.states import OrderState
from ...documents.entry import Entry
from ...plan.periods import LATEST_MOVE, vat_period_end
from ...plan.postings import TrialBalance, trial_balance
from ...runs.records import PARKED, SubjectRecord
from ...usecases.book_payout import STATES
from ..books_values import AccountSum, BooksReport, LateVat, TrialRow
from ..desk import Desk
from ..names import name_of
from ..values import Money
from .list_orders import listed

Found = list[tuple[SubjectRecord, Entry]]


def books(asked: Namespace, desk: Desk) -> BooksReport:
    """The documents of the days from `from` to `to`, both included, by the ledger; with the parked orders."""
    first, last, now = asked.from_day, asked.to_day, desk.wiring.clock()
    rules = desk.wiring.rules_source().orders
    records = [record for record in _posted(desk) if _last_posted(record) >= first - LATEST_MOVE]
    documents = desk.wiring.documents
    found = [(one, entry) for one in desk.person.watch("Reading", records) for entry in documents.of(one.subject)]
    sums = trial_balance((entry for _, entry in found), first, last, rules.home_currency)
    return BooksReport(
        first=first,
        last=last,
        documents=sums.documents,
        undated=sums.undated,
        accounts=tuple(
            AccountSum(one.account, one.box, Money(one.net, sums.currency), Money(one.vat, sums.currency))
            for one in sums.accounts
        ),
        box_1=Money(sums.vat, sums.currency),
        box_6=Money(sums.box_6, sums.currency),
        receipts=Money(sums.receipts, sums.currency),
        rows=tuple(_rows(sums)),
        late_vat=tuple(_late(found, first, last, rules.vat_periods_end)),
        parked=tuple(listed(one, desk, now) for one in desk.wiring.runs.in_state(PARKED, kind="order")),
    )


def _posted(desk: Desk) -> Iterator[SubjectRecord]:
    """Orders, and what gateways have paid out."""
    for state in OrderState:
        yield from desk.wiring.runs.in_state(state, kind="order")
    for state in dict.fromkeys([*OrderState, *STATES]):
        yield from desk.wiring.runs.in_state(state, kind=PAYOUT)


def _last_posted(record: SubjectRecord) -> date:
    """Nothing was posted for it after it came into its state."""
    return books_date(datetime.fromisoformat(record.state_since))


def _rows(sums: TrialBalance) -> Iterator[TrialRow]:
    """Each account, then VAT, bank and what customers owe: debits and credits come to the same."""
    accounts: dict[str, Decimal] = {}
    for one in sums.accounts:
        accounts[str(one.account)] = accounts.get(str(one.account), ZERO) - one.net
    further = {"VAT": -sums.vat, "bank": sums.receipts + sums.banked, "debtors": sums.owed}
    for name, amount in {**accounts, **further}.items():
        yield TrialRow(name, Money(max(amount, ZERO), sums.currency), Money(max(-amount, ZERO), sums.currency))


def _late(found: Found, first: date, last: date, ends: tuple[int, ...]) -> Iterator[LateVat]:
    for record, entry in found:
        days, figures = entry.days, entry.figures
        if entry.standing and days and days.supplied and first <= days.issued <= last:
            yield LateVat(
                order=name_of(record.subject),
                document=entry.reference,
                tax_point=days.supplied,
                issued=days.issued,
                vat=Money(figures.vat, figures.currency),
                belongs_to=vat_period_end(days.supplied, ends),
            )
