"""Reads on its own, on both sides, whatever looks wrong in lists: only what is still wrong then is named."""

import re
from collections.abc import Callable, Iterator

from ..books.kashflow.seen import receipts_on, shown_document
from ..books.kashflow.wire import Invoice
from ..canonical.states import OrderState
from ..documents.entry import Entries
from ..errors import PermanentError
from ..reconciliation.ledger_side import documents_of, receipts_of
from ..reconciliation.progress import Pass
from ..reconciliation.values import Shown
from ..rules.globs import matches
from ..rules.model import Rules
from ..runs.subject import Subject
from .both_sides import BothSides

_FOLLOWS = re.compile(r"-[ADRS]\d+$")
"""What the references of an order's further documents have after its id."""

_BY_HAND = {
    OrderState.PARKED: "booked by hand, it seems: its order is parked [{code}]",
    OrderState.ABANDONED: "booked by hand, it seems: its order is left to people",
    OrderState.WAITING: "booked by hand, it seems: its order waits",
    OrderState.SHADOWED: "booked by other means, it seems: its order is shadowed",
}


def prove_differences(gathered: Pass, sides: BothSides, rules: Rules, may_go_on: Callable[[], bool]) -> bool:
    """Read each suspect, until none is left. False if it may not go on before that."""
    while suspects := gathered.suspects():
        for number in suspects:
            if not may_go_on():
                return False
            _prove(number, gathered, sides, rules)
    return _ask_again(gathered, sides, rules, may_go_on)


def _ask_again(gathered: Pass, sides: BothSides, rules: Rules, may_go_on: Callable[[], bool]) -> bool:
    """Orders without a document may have one by now, and the shop's may have been heard of."""
    todo = [one.order for one in gathered.open_orders.values() if not one.has_documents]
    for key in [*todo, *gathered.unheard]:
        if key in gathered.asked_again:
            continue
        if not may_go_on():
            return False
        gathered.asked_again.add(key)
        subject = Subject(*key.split(":", 2))
        try:
            record = sides.runs.record(subject)
        except PermanentError:
            continue
        if key in gathered.unheard:
            gathered.unheard.remove(key)
        gathered.open_orders.pop(key, None)
        one = sides.open_order(record, sides.documents.of(subject), rules)
        if one is not None and gathered.period.has(one.day):
            gathered.open_orders[key] = one
    return True


def _prove(number: int, gathered: Pass, sides: BothSides, rules: Rules) -> None:
    """Read one document in KashFlow and in the ledger, and put that in the place of what lists said."""
    whole = sides.client.invoice(number)
    gathered.proved.add(number)
    invoice = None if whole is None else Invoice.model_validate(whole)
    entries = _entries_of(number, invoice, gathered, sides)
    if invoice is not None and number not in gathered.expected and is_of_others(shown_document(invoice), rules):
        gathered.others.add(number)
        return
    entry = next((one for one in entries if one.standing and one.standing.number == number and not one.on), None)
    if invoice is None:
        gathered.shown.pop(number, None)
        gathered.received.pop(number, None)
        return
    gathered.see(shown_document(invoice, entry))
    gathered.received[number] = receipts_on(invoice, entries)
    if entry is not None and entry.days is None:
        gathered.why[number] = "posted before the ledger kept days"


def is_of_others(shown: Shown, rules: Rules) -> bool:
    """Whether the rules say that a document is no sale of the shop."""
    return any(matches(word, rules.reconciliation.other_sales) for word in (shown.reference, shown.customer))


def _entries_of(number: int, invoice: Invoice | None, gathered: Pass, sides: BothSides) -> Entries:
    """The entries of the order to which a document belongs, read again; none if no order knows it."""
    known = gathered.expected.pop(number, None)
    if known is not None:
        return _learn(Subject(*known.order.split(":", 2)), number, gathered, sides)
    for subject in _named_by(invoice.customer_reference if invoice else "", gathered, sides):
        entries = sides.documents.of(subject)
        if any(one.standing and one.standing.number == number for one in entries):
            return _learn(subject, number, gathered, sides)
        _explain(number, subject, entries, gathered, sides)
    return Entries()


def _learn(subject: Subject, number: int, gathered: Pass, sides: BothSides) -> Entries:
    entries = sides.documents.of(subject)
    documents, receipts = documents_of(subject.key, entries, gathered.currency), receipts_of(entries)
    gathered.learn(documents, receipts)
    for one in documents:
        if one.number == number:
            gathered.hold(one, [each for each in receipts if each.number == number])
    return entries


def _explain(number: int, subject: Subject, entries: Entries, gathered: Pass, sides: BothSides) -> None:
    """A document with the reference of an order that knows it not: a second one, or one that a person made for it."""
    standing = [one for one in documents_of(subject.key, entries, gathered.currency) if one.number is not None]
    gathered.expected |= {one.number: one for one in standing if one.number and one.number not in gathered.expected}
    try:
        record = sides.runs.record(subject)
    except PermanentError:
        return
    words = "" if standing else _BY_HAND.get(OrderState(record.state), "")
    if words:
        gathered.why[number] = words.format(code=record.parking.code)


def _named_by(reference: str, gathered: Pass, sides: BothSides) -> Iterator[Subject]:
    """The orders that a reference may name, however people typed it."""
    typed = " ".join(reference.split())
    names = dict.fromkeys((typed, once := _FOLLOWS.sub("", typed), _FOLLOWS.sub("", once)))
    folded = {key.casefold(): key for key in gathered.known}
    for source in sides.sources:
        for name in names:
            key = f"order:{source}:{name}"
            try:
                yield Subject(*folded.get(key.casefold(), key).split(":", 2))
            except ValueError:
                continue
