"""`evidence`: what the last orders show of payment and dispatch, by which `orders.tax_point: first_of` goes.

Also what the ledger keeps of VAT numbers on which a sale rests.
"""

from argparse import Namespace
from collections.abc import Iterator

from ...errors import PermanentError
from ...plan.tax_point import day_supplied
from ...rules.model import Rules
from ...runs.subject import Subject
from ..books_values import Evidence, SaleEvidence, VatNumberSeen
from ..desk import Desk
from ..names import name_of
from .previews import last_orders
from .sale_evidence import evidence_of_sale


def evidence(asked: Namespace, desk: Desk) -> Evidence | SaleEvidence:
    """Read the last orders again from the shop, with their shipments; or say what is kept of one. Nothing is posted."""
    if asked.order:
        return evidence_of_sale(asked.order, desk)
    rules = _with_shipments(desk.wiring.rules_source())
    subjects = last_orders(asked.last, desk)
    paid, supplied = 0, 0
    without, unreadable = list[str](), list[str]()
    for subject in desk.person.watch("Reading", subjects):
        try:
            reading = desk.wiring.shops(subject.source).read(subject.id)
            order = reading.order(rules) if reading else None
        except PermanentError:
            order = None
        if order is None:
            unreadable.append(name_of(subject))
            continue
        paid += bool(order.payments)
        supplied += day_supplied(order) is not None
        if not order.payments and day_supplied(order) is None:
            without.append(name_of(subject))
    vat_numbers = tuple(one for subject in subjects for one in _vat_numbers(subject, desk))
    return Evidence(len(subjects), paid, supplied, tuple(without), tuple(unreadable), vat_numbers)


def _vat_numbers(subject: Subject, desk: Desk) -> Iterator[VatNumberSeen]:
    """What the ledger keeps with the documents of an order."""
    for entry in desk.wiring.documents.of(subject):
        if entry.vat_evidence and entry.standing:
            yield VatNumberSeen(name_of(subject), entry.reference, **vars(entry.vat_evidence))


def _with_shipments(rules: Rules) -> Rules:
    """The same rules for a shop that waits for payment or dispatch: its orders are read with their shipments."""
    return rules.model_copy(update={"orders": rules.orders.model_copy(update={"tax_point": "first_of"})})
