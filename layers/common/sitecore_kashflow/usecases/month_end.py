"""Gathers what the controls of a month's end are made of, beside the comparison of the books."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ..books.kashflow.account import KashflowAccount
from ..canonical.days import months_later
from ..canonical.kinds import CHARGES
from ..canonical.money import ZERO, round_money
from ..canonical.payout import PAYMENTS
from ..canonical.states import OrderState
from ..documents.entry import Entry
from ..documents.vat_drift import DriftStore
from ..errors import PermanentError
from ..payouts.ledger_lines import PaidLine, paid_lines
from ..payouts.standing import PayoutStanding
from ..plan.periods import LATEST_MOVE, vat_period_end
from ..plan.postings import NONE, trial_balance
from ..plan.tax_point import day_supplied
from ..reconciliation.closing_store import ClosingStore
from ..reconciliation.controls import OWED_ABROAD, controls_of
from ..reconciliation.ledger_side import documents_of
from ..reconciliation.month import (
    BadDebt,
    Closing,
    Foreign,
    JournalLine,
    Late,
    MonthEnd,
    MonthFacts,
    PaidOut,
    Proposal,
    changed_since,
    figures_of,
)
from ..reconciliation.values import Agreement, Expected, Period
from ..rules.model import Rules
from ..runs.kept_events import KeptEvents
from ..runs.records import PARKED, SubjectRecord
from .both_sides import BothSides
from .payout_standings import payouts_since
from .posting import order_as_planned

_RELIEF_AFTER, _RELIEF_UNTIL = 6, 54
"""Months after the later of the due day and the supply (VATA 1994 s 36; Notice 700/18)."""

_DEFERRED_TO = 2115


@dataclass(frozen=True)
class MonthSources:
    """Where the facts of a month come from, and where people's words of it are kept."""

    sides: BothSides
    account: KashflowAccount
    drift: DriftStore
    closings: ClosingStore
    kept_events: KeptEvents


@dataclass
class _Found:
    """What the ledger's entries say of a month."""

    month: Period
    rules: Rules
    sides: BothSides
    entries: list[Entry] = field(default_factory=list)
    documents: list[Expected] = field(default_factory=list)
    due_on: dict[int, Entry] = field(default_factory=dict)
    unsent: list[tuple[str, Entry]] = field(default_factory=list)
    shows_dispatch: bool = False
    lines: list[PaidLine] = field(default_factory=list)


def month_end(agreement: Agreement, sources: MonthSources, rules: Rules) -> MonthEnd:
    """The controls of a month that was compared, with its lists, and what changed since it was closed."""
    name = f"{agreement.period.first:%Y-%m}"
    facts = _facts(agreement, sources, rules)
    controls, closing = controls_of(facts), sources.closings.closing(name)
    return MonthEnd(facts, controls, closing, changed_since(closing, controls) if closing else ())


def close_month(page: MonthEnd, by: str, sources: MonthSources) -> Closing:
    """A person closes the month, by name: its figures are kept as they are now."""
    agreement, now = page.facts.agreement, sources.sides.clock()
    closing = Closing(by, now, figures_of(page.controls), agreement.by_ledger, agreement.by_books)
    sources.closings.close(page.name, closing)
    return closing


def _facts(agreement: Agreement, sources: MonthSources, rules: Rules) -> MonthFacts:
    month, home = agreement.period, rules.orders.home_currency
    found = _read(month, sources.sides, rules)
    sums = trial_balance(found.entries, month.first, month.last, home)
    drift = sources.drift.between(month.first, month.last)
    cards, sides = rules.payments.cards, sources.sides
    payouts = tuple(payouts_since(month.first, sides.runs, sources.kept_events, sides.documents, rules))
    rows = [row for row in rules.payments.accounts if row.bank_account]
    return MonthFacts(
        month=month,
        agreement=agreement,
        accounts=sums.accounts,
        home=home,
        clearing=frozenset(row.bank_account for row in rows if row.bank_account and row.type not in cards),
        passing=frozenset(row.bank_account for row in rows if row.bank_account and row.type in cards),
        liabilities=_liabilities(rules),
        parked=tuple(one for one in agreement.open_orders if one.state == PARKED),
        late=tuple(_late(found, month, rules)),
        deferral=_deferral(found, month, rules) if found.shows_dispatch else None,
        foreign=tuple(_foreign(found, home)),
        bad_debts=tuple(_bad_debts(found, month)),
        paid_out=_paid_out(found, payouts),
        rounding=drift.total / 100,
        rounding_bound=round_money(drift.bound / 100, home),
        first_open_day=sources.account.first_open_day(),
        entered=sources.closings.entered(f"{month.first:%Y-%m}"),
    )


def _read(month: Period, sides: BothSides, rules: Rules) -> _Found:
    """The entries of all orders that changed since some time before the month, and of all that are owed for."""
    found, earliest = _Found(month, rules, sides), (month.first - LATEST_MOVE).isoformat()
    for state in OrderState:
        for record in sides.runs.in_state(state, kind="order"):
            if state is OrderState.INVOICED or record.state_since >= earliest:
                _learn(found, record)
    return found


def _learn(found: _Found, record: SubjectRecord) -> None:
    entries = found.sides.documents.of(record.subject)
    found.entries += entries
    found.lines += paid_lines(record.subject.key, entries, found.rules.orders.home_currency)
    found.documents += documents_of(record.subject.key, entries, found.rules.orders.home_currency)
    charges = [one for one in entries if one.kind in CHARGES and one.standing and one.days]
    found.due_on |= {one.standing.number: one for one in charges if one.standing}
    of_month = [one for one in charges if one.days and found.month.has(one.days.issued)]
    if not of_month or record.snapshot is None:
        return
    try:
        sent_on = day_supplied(order_as_planned(record, found.sides.runs))
    except PermanentError:
        return
    found.shows_dispatch |= sent_on is not None
    is_paid = sum(entries.receipts().values(), ZERO) >= sum((one.figures.gross for one in charges), ZERO)
    if is_paid and (sent_on is None or sent_on > found.month.last):
        found.unsent += [(record.subject.id, one) for one in of_month]


def _paid_out(found: _Found, payouts: Sequence[PayoutStanding]) -> PaidOut | None:
    """The payouts of the month; and what bears a gateway's id that none has had since the month began."""
    if not payouts:
        return None
    arrived = [one for one in payouts if found.month.has(one.payout.arrives_on)]
    payments = sum(item.kind in PAYMENTS for one in arrived for item in one.payout.items)
    told = {key for one in payouts for item in one.payout.items for key in item.keys}
    left = [one for one in found.lines if found.month.has(one.day) and one.reference and one.reference not in told]
    return PaidOut(
        payments,
        agreed=payments - sum(len(one.open_items) for one in arrived),
        payouts=len(arrived),
        booked=sum(one.is_booked for one in arrived),
        left=len(left),
        left_amount=sum((one.home for one in left), ZERO),
    )


def _liabilities(rules: Rules) -> dict[str, int]:
    named = {name.rpartition(".")[2].replace("_", " "): code for name, code in rules.codes_of_what_is_owed.items()}
    named.pop("liability", None)
    return named | {OWED_ABROAD: rules.vat.oss.liability}


def _late(found: _Found, month: Period, rules: Rules) -> Iterator[Late]:
    for one in found.documents:
        if one.supplied and (month.has(one.issued) or month.has(one.supplied)):
            belongs_to = vat_period_end(one.supplied, rules.orders.vat_periods_end)
            yield Late(one.order, one.reference, one.supplied, one.issued, one.vat, one.currency, belongs_to)


def _deferral(found: _Found, month: Period, rules: Rules) -> Proposal:
    """Income of what is paid and was not sent by the end of the month; its VAT stays (W2)."""
    sums: dict[int, Decimal] = {}
    for _, entry in found.unsent:
        rate = entry.figures.rate or Decimal(1)
        for one in entry.postings:
            if one.box != NONE:
                net = round_money(one.net / rate, rules.orders.home_currency)
                sums[one.account] = sums.get(one.account, ZERO) + net
    total = sum(sums.values(), ZERO)
    lines = [_journal_line(account, net) for account, net in sorted(sums.items()) if net]
    if total:
        lines.append(_journal_line(rules.nominal_codes.deposit or _DEFERRED_TO, -total))
    orders = tuple(dict.fromkeys(order for order, _ in found.unsent))
    return Proposal("Paid and not sent", month.last, months_later(month.first, 1), tuple(lines), orders)


def _journal_line(account: int, debit: Decimal) -> JournalLine:
    return JournalLine(account, max(debit, ZERO), max(-debit, ZERO))


def _foreign(found: _Found, home: str) -> Iterator[Foreign]:
    open_documents = [one for one in found.documents if one.due and one.currency != home]
    for currency in sorted({one.currency for one in open_documents}):
        some = [one for one in open_documents if one.currency == currency]
        carried = sum((round_money(one.due / one.rate, home) for one in some), ZERO)
        yield Foreign(currency, len(some), sum((one.due for one in some), ZERO), carried)


def _bad_debts(found: _Found, month: Period) -> Iterator[BadDebt]:
    """`BAD_DEBT_DUE`: from six months after the later of the due day and the supply, for four years."""
    for one in _owed(found.documents):
        entry = found.due_on.get(one.number or 0)
        due_on = entry.days.due if entry and entry.days and entry.days.due else one.issued
        begins = max(due_on, one.supplied or one.issued)
        first, last = months_later(begins, _RELIEF_AFTER), months_later(begins, _RELIEF_UNTIL)
        if first <= month.last and last >= month.first:
            vat = round_money(one.vat * one.due / one.gross, one.currency)
            yield BadDebt(one.order, one.number or 0, due_on, one.due, vat, one.currency, first, last)


def _owed(documents: Iterable[Expected]) -> Iterator[Expected]:
    return (one for one in documents if one.number is not None and one.due > ZERO and one.gross)
