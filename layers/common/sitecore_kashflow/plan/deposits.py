"""Deposits: money that came in before the rest of its order was due is invoiced by itself, and taken off later.

A deposit that the ledger knows keeps its payments and its number, whatever comes to light after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from ..canonical.invoice import DepositDraft, InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.keys import invoice_reference
from ..canonical.money import ZERO, books_coin, round_money, spread
from ..documents.entry import Entries, Entry
from ..errors import PermanentError
from ..rules.model import OrderRules, Rules
from .periods import vat_period_end

Payments = tuple[PaymentLine, ...]


@dataclass(frozen=True)
class Deposits:
    """The deposits of an order, and the invoice for the rest."""

    drafts: tuple[DepositDraft, ...]
    rest: InvoiceDraft


def deposits_of(sale: InvoiceDraft, entries: Entries, rules: Rules, due_on: date | None) -> Deposits:
    """Divide the invoice of a whole order. `due_on` is the day on which the rest falls due, if that is known yet.

    Raises `PermanentError` if a payment of a deposit in the books has changed in the shop.
    """
    known = {entry.reference: _payments_of(entry, sale) for entry in entries.of_kind(DepositDraft.kind)}
    drafts: list[DepositDraft] = []
    rest = sale
    is_final = any(entry.kind == InvoiceDraft.kind for entry in entries.posted())
    new = [] if is_final else _new(sale, known, rules.orders, due_on)
    for reference, payments in [*_in_turn(sale, known), *_numbered(sale, len(known), new)]:
        draft = _deposit(rest, reference, payments, rules)
        drafts.append(draft)
        rest = _without(rest, draft)
    return Deposits(tuple(drafts), rest)


def _payments_of(entry: Entry, sale: InvoiceDraft) -> Payments:
    """The payments of a deposit that the ledger knows, as the shop has them now."""
    payments = tuple(one for one in sale.payments if one.payment_id in entry.carried)
    is_same = len(payments) == len(entry.carried)
    if entry.figures.currency == sale.currency:
        is_same = {one.payment_id: one.amount for one in payments} == entry.carried
    if not is_same:
        raise PermanentError(
            "PAYMENT_CHANGED",
            f"Deposit {entry.reference} shows {sum(entry.carried.values(), ZERO)} {entry.figures.currency} from "
            f"{', '.join(entry.carried)}, and Sitecore now says otherwise. Correct the payments in Sitecore, then "
            "resume; or correct the books in KashFlow and abandon the order here.",
        )
    return payments


def _new(sale: InvoiceDraft, known: Mapping[str, Payments], rules: OrderRules, due_on: date | None) -> list[Payments]:
    """The payments before the rest is due that no deposit has yet, by day or by VAT period."""
    if rules.tax_point == "order":
        return []

    def group(payment: PaymentLine | date) -> date:
        day = payment if isinstance(payment, date) else payment.paid_on
        return day if rules.deposits == "each_day" else vat_period_end(day, rules.vat_periods_end)

    taken = {one.payment_id for payments in known.values() for one in payments}
    free = [one for one in sale.payments if one.payment_id not in taken]
    early = sorted(free, key=lambda one: (one.paid_on, one.payment_id))
    groups = groupby(early, group)
    return [tuple(payments) for day, payments in groups if due_on is None or day < group(due_on)]


def _reference(sale: InvoiceDraft, number: int) -> str:
    return invoice_reference(f"{sale.reference}-D{number}")


def _in_turn(sale: InvoiceDraft, known: Mapping[str, Payments]) -> Iterator[tuple[str, Payments]]:
    for number in range(1, len(known) + 1):
        yield _reference(sale, number), known[_reference(sale, number)]


def _numbered(sale: InvoiceDraft, known: int, new: Iterable[Payments]) -> Iterator[tuple[str, Payments]]:
    for number, payments in enumerate(new, start=known + 1):
        yield _reference(sale, number), payments


def _deposit(rest: InvoiceDraft, reference: str, payments: Payments, rules: Rules) -> DepositDraft:
    """An invoice for these payments: their share of what is left at each rate, with the VAT that it holds."""
    amount = sum((one.amount for one in payments), ZERO)
    groups = _by_rate(rest.lines)
    grosses = [sum((line.net + line.vat for line in group), ZERO) for group in groups]
    day = max(one.paid_on for one in payments)
    coin = books_coin(rest.currency)
    parts = spread(amount, grosses, coin)
    lines = [_line(group, part, gross, coin) for group, part, gross in zip(groups, parts, grosses, strict=True) if part]
    code = rules.nominal_codes.deposit
    is_mixed = len(lines) > 1
    return DepositDraft.model_validate(
        dict(rest)
        | {
            "reference": reference,
            "issued_on": day,
            "due_on": day,
            "issue_until": None,
            "sale": None,
            "vat_drift": ZERO,
            "gross": amount,
            "lines": tuple(_named(line, reference, is_mixed=is_mixed, code=code) for line in lines),
            "payments": payments,
            "vat_method": "part of the sale",
        }
    )


def _by_rate(lines: Sequence[InvoiceLine]) -> list[list[InvoiceLine]]:
    """The lines at each rate, as far as they come to more than nothing."""
    groups: dict[tuple[Decimal, bool, str], list[InvoiceLine]] = {}
    for line in lines:
        groups.setdefault((line.vat_level, line.vat_exempt, line.box), []).append(line)
    return [group for group in groups.values() if sum((line.net + line.vat for line in group), ZERO) > ZERO]


def _line(group: Sequence[InvoiceLine], part: Decimal, gross: Decimal, currency: str) -> InvoiceLine:
    vat = round_money(sum((line.vat for line in group), ZERO) * part / gross, currency)
    return group[0].model_copy(update={"quantity": 1, "rate": part - vat, "net": part - vat, "vat": vat})


def _named(line: InvoiceLine, reference: str, *, is_mixed: bool, code: int | None) -> InvoiceLine:
    words = f"Deposit on goods at {line.vat_level} % VAT" if is_mixed else "Deposit"
    named = {"description": words, "item": words, "part": f"deposit {reference}", "pieces": 1}
    return line.model_copy(update=named | {"nominal_code": code or line.nominal_code})


def _without(rest: InvoiceDraft, deposit: DepositDraft) -> InvoiceDraft:
    """What is left to invoice: each line of the deposit comes off, at its own rate."""
    less = [
        line.model_copy(
            update={
                "description": f"Less {line.description.replace('Deposit', f'deposit {deposit.reference}')}",
                "rate": -line.rate,
                "net": -line.net,
                "vat": -line.vat,
            }
        )
        for line in deposit.lines
    ]
    paid = {one.payment_id for one in deposit.payments}
    return rest.changed(
        gross=rest.gross - deposit.gross,
        lines=(*rest.lines, *less),
        payments=tuple(one for one in rest.payments if one.payment_id not in paid),
    )
