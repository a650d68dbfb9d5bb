"""Previews as text: the exact body, its sums, the rule behind every line, and what other rules would change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..calls.http import json_body
from ..canonical.invoice import InvoiceDraft
from ..canonical.states import OrderState
from ..rules.model import Rules
from ..runs.runs import Runs
from ..runs.subject import Subject
from ..usecases.preview_order import Preview, PreviewedDocument, Previewer

_COMPARED_STATES = (OrderState.INVOICED, OrderState.PAID, OrderState.PARKED, OrderState.OPENED)


@dataclass(frozen=True)
class Previews:
    """Previews as a person sees them."""

    previewer: Previewer
    runs: Runs

    def of_order(self, subject: Subject, rules: Rules) -> Iterator[str]:
        """The bodies that would be posted for one order, and the reasons for them.

        They are exact, except for a reserved number: it is taken just before the post and comes first in the body.
        """
        preview = self.previewer.preview(subject, rules)
        if preview.plan is None:
            yield f"{subject.id} would be parked: {preview.reason}"
        for document in preview.documents:
            yield json_body(document.body).decode("utf-8")
            yield ""
            yield from _reasons(document, rules)

    def compare(self, last: int, now: Rules, then: Rules) -> Iterator[str]:
        """For the most recent orders: what other rules would change, compared with the rules in force."""
        changed = 0
        subjects = self._last_orders(last)
        for subject in subjects:
            before, after = (_lines(self.previewer.preview(subject, rules)) for rules in (now, then))
            if before != after:
                changed += 1
                yield f"{subject.id}"
                yield from (f"  - {line}" for line in before if line not in after)
                yield from (f"  + {line}" for line in after if line not in before)
        yield f"{changed} of {len(subjects)} orders would change from rules {now.version} to {then.version}."

    def _last_orders(self, last: int) -> list[Subject]:
        records = [record for state in _COMPARED_STATES for record in self.runs.in_state(state, kind="order")]
        return [one.subject for one in sorted(records, key=lambda one: one.state_since, reverse=True)[:last]]


def _lines(preview: Preview) -> list[str]:
    """A preview as lines of text, for comparison."""
    if preview.plan is None:
        return [f"parked: {preview.reason}"]
    return [line for document in preview.documents for line in _lines_of(document)]


def _lines_of(document: PreviewedDocument) -> Iterable[str]:
    draft, body = document.intent.draft, document.body
    if isinstance(draft, InvoiceDraft):
        yield _sums(draft)
        for line in draft.lines:
            yield (
                f"{line.description}: {line.quantity} x {line.rate} = {line.net}, {line.vat} VAT at {line.vat_level} %"
                f"{' exempt' if line.vat_exempt else ''}, nominal {line.nominal_code} ({line.why})"
            )
    yield from (json_body(receipt).decode("utf-8") for receipt in body.get("PaymentLines", []))
    rest = {field: value for field, value in body.items() if field not in ("LineItems", "PaymentLines")}
    yield json_body(rest).decode("utf-8")


def _reasons(document: PreviewedDocument, rules: Rules) -> Iterator[str]:
    """The rule behind every line of an invoice, and its sums."""
    draft, figures = document.intent.draft, document.intent.entry.figures
    if not isinstance(draft, InvoiceDraft):
        return
    for position, line in enumerate(draft.lines, start=1):
        yield (
            f"{position:>3}  {line.quantity:>4} x {line.rate:>10} = {line.net:>10}  {line.vat:>9} VAT  "
            f"{line.vat_level:>5} %  {line.nominal_code}  {line.why}"
        )
    day = f" of {figures.rate_day}" if figures.rate_day else ""
    yield f"{_sums(draft)}; VAT {draft.vat_method}, rate {figures.rate}{day}"
    paid = sum(payment.amount for payment in draft.payments)
    numbers = rules.invoices.number_range
    numbered = "numbered by KashFlow" if numbers is None else f"to be numbered from {numbers[0]} to {numbers[1]}"
    days = f"issued {draft.issued_on}, due {draft.due_on}"
    yield f"{paid} paid, {days}, rules {draft.rules_version}, {numbered}. Nothing was posted."


def _sums(draft: InvoiceDraft) -> str:
    return f"{draft.net} + {draft.vat} VAT = {draft.gross} {draft.currency}"
