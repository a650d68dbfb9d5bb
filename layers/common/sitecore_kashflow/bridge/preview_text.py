"""A preview in sentences: what would happen, the exact bodies, and the rule behind every line."""

from collections.abc import Iterator

from .preview_values import DocumentPreview, OrderPreview
from .words import sums

_STATUSES = {
    "Unsubmitted": "it has not been submitted",
    "AwaitingApproval": "it awaits approval",
    "Declined": "it was declined",
    "Canceled": "it was cancelled",
}


def preview_lines(seen: OrderPreview) -> Iterator[str]:
    """All of it; the last line says that nothing was posted."""
    yield from _outcome(seen)
    if seen.outcome != "nothing":
        yield from (f"By the conditional rule {one}." for one in seen.rules_held)
    if len(seen.stands) > 1:
        for one in seen.stands:
            kind = one.kind.replace("_", " ")
            yield f"In the books: {kind} {one.number} ({one.reference}) of {one.gross.amount} {one.gross.currency}."
    for document in seen.documents:
        yield from _document(document, seen)
    yield from seen.by_hand
    yield "Nothing was posted."


def _outcome(seen: OrderPreview) -> Iterator[str]:
    why = _STATUSES.get(seen.status, f"Sitecore says that it is {seen.status}")
    match seen.outcome:
        case "park":
            yield f"{seen.order} would be parked: [{seen.code}] {seen.reason}"
        case "wait":
            yield f"{seen.order} would wait: {seen.reason or f'{why}.'}"
        case "leave out":
            yield f"{seen.order} would be left out: {seen.reason or f'{why}.'}"
        case "leave alone":
            yield f"{seen.order} would be left alone, as a person decided: {seen.reason}"
        case "nothing":
            yield f"Nothing is missing for {seen.order}: invoice {seen.invoice} is in the books already."
        case _ if seen.invoice:
            yield f"Invoice {seen.invoice} is in the books for {seen.order} already. What would be added:"
        case _:
            anew = " if nothing had been posted for it yet" if seen.anew else ""
            yield f"{seen.order} would be posted{anew}:"


def _document(one: DocumentPreview, seen: OrderPreview) -> Iterator[str]:
    if one.known == "in doubt":
        yield f"The {_kind(one)} {one.reference} may be in KashFlow already: a run looks for it before it posts it."
    elif one.known == "standing":
        yield f"The {_kind(one)} {one.reference} was posted as {one.known_number}, and would be read back again."
    if one.body is None:
        yield f"KashFlow shows the {_kind(one)} {one.reference} already; it would only be recorded."
        return
    yield one.body
    for position, line in enumerate(one.lines, start=1):
        yield (
            f"{position:>3}  {line.quantity:>4} x {line.rate:>10} = {line.net:>10}  {line.vat:>9} VAT  "
            f"{line.vat_level:>5} %  {line.nominal_code}  {line.why}"
        )
    yield from _sums(one, seen)


def _kind(one: DocumentPreview) -> str:
    return one.kind.replace("_", " ")


def _sums(one: DocumentPreview, seen: OrderPreview) -> Iterator[str]:
    if not one.vat_method:
        yield f"{one.sums.gross} {one.sums.currency} more would be shown as paid, by rules {seen.rules}."
        return
    day = f" of {one.rate_day}" if one.rate_day else ""
    yield f"{sums(one.sums)}; VAT {one.vat_method}, rate {one.rate}{day}"
    numbers = seen.numbers
    numbered = "numbered by KashFlow" if numbers is None else f"to be numbered from {numbers[0]} to {numbers[1]}"
    due = f"due {one.due_on}" if one.due_on else "due by the customer's terms in KashFlow"
    yield f"{one.paid.amount} paid, issued {one.issued_on}, {due}, rules {seen.rules}, {numbered}."
