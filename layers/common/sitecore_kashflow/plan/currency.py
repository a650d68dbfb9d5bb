"""An invoice in another currency than the order's (docs/vat.md). Rates are foreign units per home unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..canonical.invoice import InvoiceDraft, InvoiceLine
from ..canonical.money import ZERO, round_money, settle
from ..canonical.order import Order, Payment
from ..rules.model import CurrencyRules
from .invoice_lines import in_kashflows_arithmetic


@dataclass(frozen=True)
class ExchangeRate:
    """`rate` foreign units are one home unit, as of `day` where the source says one."""

    rate: Decimal
    day: date | None = None


def rate_by_rule(currency: str, on: date, rules: CurrencyRules) -> ExchangeRate | None:
    """The rate that the rules themselves give: the newest that was known on the day. None if there is none."""
    if rules.rates == "fixed":
        fixed = rules.fixed.get(currency)
        return ExchangeRate(fixed) if fixed else None
    known = [day for day in rules.dated.get(currency, {}) if day <= on]
    return ExchangeRate(rules.dated[currency][max(known)], max(known)) if known else None


def converted(draft: InvoiceDraft, rate: ExchangeRate, home: str) -> InvoiceDraft:
    """The draft in home currency. Its gross is the order's total at the rate, rounded half up once.

    VAT and net of the lines are converted each and rounded so that they add up. A line without price
    tells what was converted, at which rate.
    """
    gross = round_money(draft.gross / rate.rate, home)
    vat = round_money(draft.vat / rate.rate, home)
    vats = _settled([line.vat / rate.rate for line in draft.lines], vat, home)
    nets = _settled([line.net / rate.rate for line in draft.lines], gross - vat, home)
    lines = tuple(_line(line, net, vat) for line, net, vat in zip(draft.lines, nets, vats, strict=True))
    note = [_note(draft, rate, home)] if draft.lines else []
    paid = _at_rate([payment.amount for payment in draft.payments], rate.rate, home)
    payments = tuple(
        payment.model_copy(update={"amount": amount}) for payment, amount in zip(draft.payments, paid, strict=True)
    )
    changes = {"currency": home, "gross": gross, "lines": (*lines, *note), "payments": payments}
    return InvoiceDraft.model_validate(dict(draft) | changes)


def receipts_in(currency: str, order: Order, rate: Decimal | None) -> tuple[Payment, ...]:
    """The order's receipts in the currency of its invoice, at the rate that the invoice was converted with."""
    if currency == order.currency or rate is None:
        return order.payments
    amounts = _at_rate([payment.amount for payment in order.payments], rate, currency)
    return tuple(
        payment.model_copy(update={"amount": amount}) for payment, amount in zip(order.payments, amounts, strict=True)
    )


def _at_rate(amounts: Sequence[Decimal], rate: Decimal, home: str) -> list[Decimal]:
    """Receipts at the rate, rounded so that as many as there are come to their sum at the rate: all to the gross."""
    sums = [sum(amounts[: count + 1], ZERO) for count in range(len(amounts))]
    booked = [round_money(sum_ / rate, home) for sum_ in sums]
    return [amount - before for amount, before in zip(booked, [ZERO, *booked], strict=False)]


def _settled(exact: Sequence[Decimal], total: Decimal, home: str) -> list[Decimal]:
    """What is nothing stays nothing."""
    some = [index for index, amount in enumerate(exact) if amount]
    amounts = [ZERO] * len(exact)
    for index, amount in zip(some, settle([exact[i] for i in some], total, home), strict=True):
        amounts[index] = amount
    return amounts


def _line(line: InvoiceLine, net: Decimal, vat: Decimal) -> InvoiceLine:
    description, quantity, rate = in_kashflows_arithmetic(line.description, line.quantity, net, vat, line.vat_level)
    changes = {"description": description, "quantity": quantity, "rate": rate, "net": net, "vat": vat}
    return line.model_copy(update=changes)


def _note(draft: InvoiceDraft, rate: ExchangeRate, home: str) -> InvoiceLine:
    day = f" of {rate.day.isoformat()}" if rate.day else ""
    words = f"Sold for {draft.gross} {draft.currency}, converted at {rate.rate} {draft.currency} to 1 {home}{day}"
    changes = {"description": words, "quantity": 1, "rate": ZERO, "net": ZERO, "vat": ZERO, "why": "note of conversion"}
    return draft.lines[0].model_copy(update=changes)
