"""Previews in words: the exact body, its sums, the rule behind every line, and what a rule change would alter."""

from collections.abc import Iterator

from ..calls.http import json_body
from ..canonical.states import OrderState
from ..rules.model import Rules, parse_rules
from ..rules.publish import text_of
from ..runs.ledger import Ledger
from ..usecases.preview_order import Preview, preview_order
from .wiring import Wiring

_LOOKED_AT = (OrderState.INVOICED, OrderState.PAID, OrderState.PARKED, OrderState.OPENED)


def preview(order_id: str, hands: Wiring, rules_file: str) -> Iterator[str]:
    """The body that would be posted for one order, and what stands behind it.

    Byte for byte, but for a number: it is reserved just before the post, and then stands first.
    """
    rules = read_rules(rules_file) if rules_file else hands.rules()
    made = _previewed(order_id, hands, rules)
    if made.plan is None:
        yield f"{order_id} would be parked: {made.reason}"
        return
    yield json_body(made.plan.payload).decode("utf-8")
    yield from _behind(made, rules)


def compare(last: int, hands: Wiring, rules_file: str) -> Iterator[str]:
    """For the orders that moved last: what other rules than those in force would alter."""
    now, then = hands.rules(), read_rules(rules_file)
    changed = 0
    order_ids = _last_orders(hands.ledger, last)
    for order_id in order_ids:
        before, after = (_told(_previewed(order_id, hands, rules)) for rules in (now, then))
        if before != after:
            changed += 1
            yield f"{order_id}"
            yield from (f"  - {line}" for line in before if line not in after)
            yield from (f"  + {line}" for line in after if line not in before)
    yield f"{changed} of {len(order_ids)} orders would change from rules {now.version} to {then.version}."


def read_rules(path: str) -> Rules:
    """A rules document of one's own. Raises `PermanentError` with every fault, or if there is no such file."""
    return parse_rules(text_of(path))


def _previewed(order_id: str, hands: Wiring, rules: Rules) -> Preview:
    return preview_order(order_id, shop=hands.shop, account=hands.account, ledger=hands.ledger, rules=rules)


def _last_orders(ledger: Ledger, last: int) -> list[str]:
    records = [record for state in _LOOKED_AT for record in ledger.orders_in(state)]
    return [one.order_id for one in sorted(records, key=lambda one: one.updated_at, reverse=True)[:last]]


def _told(made: Preview) -> list[str]:
    """An invoice as lines of text that can be compared."""
    if made.plan is None:
        return [f"parked: {made.reason}"]
    draft, payload = made.plan.draft, made.plan.payload
    lines = [
        f"{line.description}: {line.quantity} x {line.rate} = {line.net}, {line.vat} VAT at {line.vat_level} %"
        f"{' exempt' if line.vat_exempt else ''}, nominal {line.nominal_code} ({line.why})"
        for line in draft.lines
    ]
    rest = {field: value for field, value in payload.items() if field not in ("LineItems", "PaymentLines")}
    receipts = [json_body(one).decode("utf-8") for one in payload.get("PaymentLines", [])]
    sums = f"{draft.net} + {draft.vat} VAT = {draft.gross} {draft.currency}"
    return [sums, *lines, *receipts, json_body(rest).decode("utf-8")]


def _behind(made: Preview, rules: Rules) -> Iterator[str]:
    if made.plan is None:
        return
    draft, rate = made.plan.draft, made.plan.rate
    yield ""
    for position, line in enumerate(draft.lines, start=1):
        yield (
            f"{position:>3}  {line.quantity:>4} x {line.rate:>10} = {line.net:>10}  {line.vat:>9} VAT  "
            f"{line.vat_level:>5} %  {line.nominal_code}  {line.why}"
        )
    day = f" of {rate.day}" if rate.day else ""
    sums = f"{draft.net} + {draft.vat} VAT = {draft.gross} {draft.currency}"
    yield f"{sums}; VAT {draft.vat_method}, rate {rate.rate}{day}"
    paid = sum(payment.amount for payment in draft.payments)
    numbers = rules.invoices.number_range
    numbered = "numbered by KashFlow" if numbers is None else f"to be numbered from {numbers[0]} to {numbers[1]}"
    days = f"issued {draft.issued_on}, due {draft.due_on}"
    yield f"{paid} paid, {days}, rules {draft.rules_version}, {numbered}. Nothing was posted."
