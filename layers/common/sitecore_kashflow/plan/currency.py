"""An invoice in a currency other than the order's (docs/vat.md). Rates are foreign units per home unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from ..canonical.invoice import Invoice, InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.money import ZERO, minor_unit, round_money, round_to_total
from ..canonical.order import Order, Payment
from ..errors import PermanentError
from ..rules.model import CurrencyRules
from .invoice_lines import fit_to_kashflow

_PaymentOrReceipt = TypeVar("_PaymentOrReceipt", Payment, PaymentLine)


@dataclass(frozen=True)
class ExchangeRate:
    """`rate` foreign units are one home unit, as of `day` where the source gives one."""

    rate: Decimal
    day: date | None = None


def rate_by_rule(currency: str, on: date, rules: CurrencyRules) -> ExchangeRate:
    """The rate that the rules themselves give: the newest known on the tax point, if it still holds then.

    Raises `PermanentError` if there is none.
    """
    if rules.rates == "fixed" and currency in rules.fixed:
        return ExchangeRate(rules.fixed[currency])
    known = [] if rules.rates == "fixed" else [day for day in rules.dated.get(currency, {}) if day <= on]
    if known and _holds(max(known), on, rules):
        return ExchangeRate(rules.dated[currency][max(known)], max(known))
    if rules.rates == "kashflow" or known:
        newest = f"the newest in `currency.dated` is of {max(known)}" if known else "`currency.dated` has none"
        listed = "KashFlow's table has the rate of today only, and " if rules.rates == "kashflow" else ""
        raise PermanentError(
            "RATE_TOO_OLD",
            f"The tax point is {on}: {listed}{newest}. Add {currency}'s rate of that month or day to "
            "`currency.dated`, or change `currency.valid_for`; then resume.",
        )
    raise PermanentError(
        "EXCHANGE_RATE_MISSING",
        f"The rules have no rate for {currency} on {on}. Add it to `currency.{rules.rates}`, then resume.",
    )


def _holds(day: date, on: date, rules: CurrencyRules) -> bool:
    """Whether the rate of a day still holds on a later one."""
    if rules.valid_for == "month":
        return (day.year, day.month) == (on.year, on.month)
    return (on - day).days <= rules.valid_for


def convert_to_home(draft: Invoice, rate: ExchangeRate, home: str) -> Invoice:
    """The draft in home currency. Its gross is the order's total at the rate, rounded half up once.

    VAT and net of each line are converted and rounded so that they add up. A line without a price states the
    amount that was converted, and at which rate.
    """
    gross = round_money(draft.gross / rate.rate, home)
    vat = round_money(draft.vat / rate.rate, home)
    vats = round_to_total([line.vat / rate.rate for line in draft.lines], vat, home)
    nets = round_to_total([line.net / rate.rate for line in draft.lines], gross - vat, home)
    lines = [
        fit_to_kashflow(line.model_copy(update={"net": net, "vat": vat}))
        for line, net, vat in zip(draft.lines, nets, vats, strict=True)
    ]
    if lines:
        lines.append(_conversion_note(draft, rate, home))
    payments = _convert_amounts(draft.payments, rate.rate, home, {})
    return draft.changed(currency=home, gross=gross, lines=tuple(lines), payments=payments)


def receipts_in(
    currency: str, order: Order, rate: Decimal | None, recorded: Mapping[str, Decimal]
) -> tuple[Payment, ...]:
    """The order's receipts in the currency of its invoice, at the rate that the invoice was converted with.

    `recorded` has the amounts that were posted, or are about to be, by payment.
    """
    if currency == order.currency or rate is None:
        return order.payments
    return _convert_amounts(order.payments, rate, currency, recorded)


def _convert_amounts(
    payments: Sequence[_PaymentOrReceipt], rate: Decimal, home: str, recorded: Mapping[str, Decimal]
) -> tuple[_PaymentOrReceipt, ...]:
    """Payments at the rate, each with the same amount wherever it is listed; together they come to their sum.

    A recorded amount stays if it is what rounding may give. The others follow by id, each rounded together with all
    those before it.
    """
    amounts: dict[str, Decimal] = {}
    original = converted = ZERO
    for one in sorted(payments, key=lambda one: (one.payment_id not in recorded, one.payment_id)):
        original += one.amount
        amount = recorded.get(one.payment_id)
        if amount is None or abs(amount - one.amount / rate) >= minor_unit(home):
            amount = round_money(original / rate, home) - converted
        converted += amount
        amounts[one.payment_id] = amount
    return tuple(one.model_copy(update={"amount": amounts[one.payment_id]}) for one in payments)


def _conversion_note(draft: InvoiceDraft, rate: ExchangeRate, home: str) -> InvoiceLine:
    day = f" of {rate.day.isoformat()}" if rate.day else ""
    words = f"Sold for {draft.gross} {draft.currency}, converted at {rate.rate} {draft.currency} to 1 {home}{day}"
    return draft.lines[0].note(words, "note of conversion")
