"""The lines of a credit note that books a refund (docs/vat.md): whose goods, or whose money, is given back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, books_coin, minor_unit, round_money
from ..canonical.order import OrderReturn, Refund, ReturnedLine
from ..errors import PermanentError
from .case import Case
from .credits import credit_lines, delivery_open, fits, goodwill_lines, returned_sums, scaled
from .position import Part, Position, Sum, total


def refund_lines(
    case: Case, position: Position, downs: Mapping[Part, Sum], refund: Refund, amount: Decimal
) -> list[InvoiceLine]:
    """Lines that come to `amount`, in the currency of the documents. Raises `PermanentError` if nothing explains it."""
    currency = books_coin(case.charges[0].figures.currency)
    opened = total(position.still_open.values()).gross
    if amount != round_money(amount, currency):
        raise PermanentError(
            "FINER_THAN_KASHFLOW",
            f"KashFlow keeps two decimals, and refund {refund.refund_id} is of {amount}. Book this refund by hand, "
            "then abandon the order here.",
        )
    if amount > opened:
        raise PermanentError(
            "REFUND_ABOVE_INVOICE",
            f"The shop gave {refund.amount} {case.order.currency} back as {refund.refund_id}, and only {opened} "
            f"{currency} of the order is charged and not credited yet. Correct the refund in Sitecore, then resume; or "
            "book it in KashFlow and abandon the order here.",
        )
    if case.order.refunded + case.order.charged_back > case.order.paid:
        raise PermanentError(
            "REFUND_ABOVE_INVOICE",
            f"The shop gave back {case.order.refunded + case.order.charged_back} {case.order.currency} in all, and "
            f"only {case.order.paid} came in. Correct the refund {refund.refund_id} in Sitecore, then resume; or book "
            "it in KashFlow and abandon the order here.",
        )
    found = next((one for one in case.order.returns if one.return_id == refund.return_id), None)
    if found is None or not any(line.quantity or line.amount for line in found.lines):
        came_down = min(amount, max(total(downs.values()).gross, ZERO))
        lines = credit_lines(scaled(downs, came_down, currency), position, "change") if came_down else []
        return lines + _goodwill_beside(position, lines, amount - came_down, currency)
    return _return_lines(case, position, found, refund, amount)


def _goodwill_beside(position: Position, lines: list[InvoiceLine], amount: Decimal, currency: str) -> list[InvoiceLine]:
    """Goodwill on what is open beside lines that are credited in the same document."""
    if amount <= ZERO:
        return []
    after = Position(**{name: dict(value) for name, value in vars(position).items()})
    after.add(lines)
    return goodwill_lines(after, amount, currency)


def _return_lines(
    case: Case, position: Position, found: OrderReturn, refund: Refund, amount: Decimal
) -> list[InvoiceLine]:
    currency = books_coin(case.charges[0].figures.currency)
    sums, back = returned_sums(position, _not_counted_yet(case, found, refund), currency)
    worth = total(sums.values()).gross
    delivery = {part: one for part, one in delivery_open(position).items() if part not in sums}
    lines = credit_lines(sums, position, "return", back)
    if amount == total(position.still_open.values()).gross:
        return credit_lines(position.still_open, position, "return", back)
    if amount == worth:
        return lines
    slack = minor_unit(currency) * max(len(found.lines), 1)
    is_part = found.amount is not None and refund.amount < found.amount and abs(found.amount - worth) <= slack
    if worth and (is_part or abs(amount - worth) <= slack):
        in_proportion = scaled(sums, amount, currency)
        if fits(position, in_proportion):
            return credit_lines(in_proportion, position, "return", back)
        return lines + _goodwill_beside(position, lines, amount - worth, currency)
    if delivery and amount == worth + total(delivery.values()).gross and fits(position, sums | delivery):
        return lines + credit_lines(delivery, position, "return")
    return _by_rule(case, position, (sums, back), refund, amount)


def _not_counted_yet(case: Case, found: OrderReturn, refund: Refund) -> list[ReturnedLine]:
    """The lines of a return. What an earlier refund of the same return has counted comes back only once."""
    earlier = [one for one in case.order.refunds if one.return_id == found.return_id and _turn(one) < _turn(refund)]
    return [line.model_copy(update={"quantity": 0}) if earlier else line for line in found.lines]


def _turn(refund: Refund) -> tuple[datetime, str]:
    return refund.refunded_at, refund.refund_id


def _by_rule(
    case: Case, position: Position, returned: tuple[dict[Part, Sum], dict[Part, int]], refund: Refund, amount: Decimal
) -> list[InvoiceLine]:
    """A refund that is more or less than its goods: as the rule says."""
    sums, back = returned
    currency = books_coin(case.charges[0].figures.currency)
    worth = total(sums.values()).gross
    if case.rules.refunds.return_differs == "park":
        raise PermanentError(
            "REFUND_NOT_EXPLAINED",
            f"The shop gave {refund.amount} {case.order.currency} back as {refund.refund_id} for return "
            f"{refund.return_id}, whose goods come to {worth} {currency}. Correct the return's amounts in Sitecore, or "
            "set `refunds.return_differs` in the rules to follow_money; then resume.",
        )
    if amount < worth:
        return credit_lines(scaled(sums, amount, currency), position, "return", back)
    lines = credit_lines(sums, position, "return", back)
    return lines + _goodwill_beside(position, lines, amount - worth, currency)
