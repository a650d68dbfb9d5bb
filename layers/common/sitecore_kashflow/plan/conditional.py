"""Conditional rules carried out: on the lines of an order, on its invoice, and on whether there is one at all."""

from collections.abc import Iterable, Mapping

from ..canonical.invoice import InvoiceLine
from ..canonical.keys import digest_of
from ..canonical.order import Order, OrderLine
from ..errors import PermanentError
from ..rules.verdict import Verdict


def order_as_ruled(order: Order, verdict: Verdict) -> Order:
    """The order with the terms and its lines with the VAT class and code that rules set. No amount changes."""
    lines = [_line_as_ruled(line, verdict.of_line(position)) for position, line in enumerate(order.lines)]
    days = verdict.value("terms_days", order.terms_days)
    return order.model_copy(update={"lines": tuple(lines), "terms_days": days})


def _line_as_ruled(line: OrderLine, said: Mapping[str, object]) -> OrderLine:
    fields = {"vat_class": "tax_class", "nominal": "nominal_code"}
    return line.model_copy(update={fields[name]: value for name, value in said.items()})


def with_words_of_rules(lines: tuple[InvoiceLine, ...], order: Order, verdict: Verdict) -> tuple[InvoiceLine, ...]:
    """The lines, and one for each reference and text that rules set, which costs nothing."""
    references = [", ".join(order.tags.get(one.value, ())) for one in verdict.of("reference")]
    words = [f"Your reference: {one}" for one in references if one]
    words += [one.value for one in verdict.of("text")]
    return (*lines, *(line.note(text, "set by a rule") for line in lines[:1] for text in dict.fromkeys(words)))


def left_out_by(verdict: Verdict) -> str:
    """Why rules leave the order out, as a sentence; empty if none does."""
    names = [f"{one.rule!r}" for one in verdict.of("leave_out")]
    return f"The conditional rule {' and '.join(names)} leaves it out." if names else ""


def wanted_approvals(order: Order, verdict: Verdict) -> dict[str, str]:
    """What a person must approve before anything is posted: a key of the rule and the sale, and the rule's name.

    An approval is of the order as it was seen: one with other goods or another total has another key.
    """
    sale = (str(order.total.normalize()), order.currency, order.goods)
    return {digest_of(repr((one.rule, *sale))): one.rule for one in verdict.of("hold")}


def require_approval(order: Order, verdict: Verdict, approved: Iterable[str]) -> None:
    """Raise `PermanentError` unless a person has approved all that rules hold the order for."""
    given = set(approved)
    lacking = [name for key, name in wanted_approvals(order, verdict).items() if key not in given]
    if lacking:
        reasons = [f"{one.rule!r} ({one.value})" for one in verdict.of("hold") if one.rule in lacking]
        raise PermanentError(
            "HELD_BY_RULE",
            f"The order comes to {order.total} {order.currency}, and is held for approval by the conditional rule "
            f"{' and '.join(reasons)}. Resume it to approve it; otherwise abandon it.",
        )
