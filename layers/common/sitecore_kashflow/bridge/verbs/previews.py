"""`preview` and `compare`: what would be posted, by these rules or by others; nothing is."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import fields

from ...calls.http import json_body
from ...canonical.invoice import InvoiceDraft, InvoiceLine
from ...canonical.kinds import CHARGES, OWN_INVOICE
from ...canonical.order import OrderStanding
from ...canonical.states import OrderState
from ...documents.entry import Entry, InDoubt
from ...errors import PermanentError
from ...rules.document import parse_rules
from ...rules.publish import text_of
from ...rules.verdict import Verdict
from ...runs.records import ABANDONED, SubjectRecord
from ...runs.subject import Subject
from ...usecases.preview_order import NOT_IN_SITECORE, Preview, PreviewedDocument
from ..desk import Desk
from ..names import name_of
from ..preview_values import (
    Change,
    Comparison,
    DocumentPreview,
    LinePreview,
    OrderPreview,
    StandingDocument,
)
from ..values import Money, Sums

_COMPARED_STATES = (
    OrderState.INVOICED,
    OrderState.PAID,
    OrderState.PARKED,
    OrderState.OPENED,
    OrderState.WAITING,
)


def preview(asked: Namespace, desk: Desk) -> OrderPreview:
    """What a run would do for the order now; with `--anew`, what it would do had nothing been posted yet.

    Bodies are exact, except for a reserved number: it is taken just before the post and comes first in the body.
    """
    rules = parse_rules(text_of(asked.rules)) if asked.rules else desk.wiring.rules_source()
    previewer, record = desk.wiring.previewer, None if asked.anew else _record(asked.order, desk)
    reason = record.parking.reason if record and record.state == ABANDONED else ""
    seen: Preview = (
        previewer.preview_anew(asked.order, rules)
        if asked.anew
        else previewer.preview(asked.order, rules, *((record.approvals, record.undone) if record else ()))
    )
    if seen.reason and seen.reason.code == NOT_IN_SITECORE:
        raise seen.reason
    invoice = next((one.standing for one in seen.known if one.kind in OWN_INVOICE and one.standing), None)
    return OrderPreview(
        order=name_of(asked.order),
        outcome="leave alone" if reason else _outcome(seen),
        status=seen.status,
        code=seen.reason.code if seen.reason else "",
        reason=reason or _reason(seen),
        rules=rules.version,
        numbers=rules.invoices.number_range,
        anew=asked.anew,
        invoice=invoice.number if invoice else None,
        stands=_stands(seen),
        by_hand=seen.by_hand,
        documents=() if reason else tuple(map(_document, seen.documents)),
        rules_held=said_in_words(seen.verdict),
    )


def compare(asked: Namespace, desk: Desk) -> Comparison:
    """For the most recent orders: what other rules would change, as if nothing had been posted for them yet."""
    now, then = desk.wiring.rules_source(), parse_rules(text_of(asked.rules))
    subjects, changes = last_orders(asked.last, desk), []
    for subject in desk.person.watch("Comparing", subjects):
        before, after = (_lines(desk.wiring.previewer.preview_anew(subject, rules)) for rules in (now, then))
        if before != after:
            without = tuple(line for line in before if line not in after)
            changes.append(Change(name_of(subject), without, tuple(line for line in after if line not in before)))
    return Comparison(now.version, then.version, len(subjects), tuple(changes))


def _outcome(seen: Preview) -> str:
    if seen.reason:
        return "park"
    if seen.standing is OrderStanding.NOT_DUE or (seen.plan and seen.plan.awaits and not seen.documents):
        return "wait"
    is_charged = any(one.standing for one in seen.known) or bool(seen.documents)
    if (seen.standing is OrderStanding.CANCELLED and not is_charged) or (seen.plan and seen.plan.left_out):
        return "leave out"
    return "post" if seen.documents else "nothing"


def _reason(seen: Preview) -> str:
    """Why nothing would be posted, as far as there is a reason."""
    if seen.reason:
        return seen.reason.words
    return (seen.plan.left_out or seen.plan.awaits) if seen.plan else ""


def _record(subject: Subject, desk: Desk) -> SubjectRecord | None:
    """What the ledger knows of it; None if it does not know it yet."""
    try:
        record: SubjectRecord = desk.wiring.runs.record(subject)
    except PermanentError:
        return None
    return record


def said_in_words(verdict: Verdict) -> tuple[str, ...]:
    """What each conditional rule sets that decides something."""
    said: dict[str, list[str]] = {}
    for where, some in (("", verdict.order), *((f" of line {at}", one) for at, one in enumerate(verdict.lines, 1))):
        for one in some:
            said.setdefault(one.rule, []).append(f"{one.field}{where}: {one.value}")
    return tuple(f"{rule} ({'; '.join(words)})" for rule, words in said.items())


def _document(one: PreviewedDocument) -> DocumentPreview:
    draft, entry = one.intent.draft, one.intent.entry
    figures = entry.figures
    paid = sum(entry.carried.values(), start=figures.gross * 0)
    shown = DocumentPreview(
        kind=entry.kind,
        reference=entry.reference,
        sums=Sums(figures.net, figures.vat, figures.gross, figures.currency),
        paid=Money(paid, figures.currency),
        body=None if one.body is None else json_body(one.body).decode("utf-8"),
        known=_known(one.known),
        known_number=one.known.standing.number if one.known and one.known.standing else None,
        rate=figures.rate,
        rate_day=figures.rate_day,
    )
    return _with_lines(shown, draft) if isinstance(draft, InvoiceDraft) else shown


def _with_lines(shown: DocumentPreview, draft: InvoiceDraft) -> DocumentPreview:
    filled = vars(shown) | {
        "lines": tuple(_line(line) for line in draft.lines),
        "vat_method": draft.vat_method,
        "issued_on": draft.issued_on,
        "due_on": draft.due_on,
    }
    return DocumentPreview(**filled)


def _line(line: InvoiceLine) -> LinePreview:
    names = [field.name for field in fields(LinePreview)]
    return LinePreview(**{name: getattr(line, name) for name in names})


def _stands(seen: Preview) -> tuple[StandingDocument, ...]:
    """What charges the order in the books, oldest first."""
    found = [_standing(one) for one in seen.known if one.kind in CHARGES and one.standing]
    return tuple(sorted(found, key=lambda one: one.number))


def _standing(entry: Entry) -> StandingDocument:
    figures, standing = entry.figures, entry.standing
    return StandingDocument(
        kind=entry.kind,
        reference=entry.reference,
        number=standing.number if standing else 0,
        gross=Money(figures.gross, figures.currency),
        issued_on=entry.days.issued if entry.days else None,
    )


def _known(entry: Entry | None) -> str:
    if entry is None:
        return ""
    if entry.standing:
        return "standing"
    return "in doubt" if isinstance(entry.status, InDoubt) else "unposted"


def last_orders(last: int, desk: Desk) -> list[Subject]:
    """The orders whose state changed last, newest first."""
    records = [record for state in _COMPARED_STATES for record in desk.wiring.runs.in_state(state, kind="order")]
    return [one.subject for one in sorted(records, key=lambda one: one.state_since, reverse=True)[:last]]


def _lines(seen: Preview) -> list[str]:
    """A preview as lines of text, for comparison."""
    if seen.reason:
        return [f"parked: {seen.reason}"]
    if seen.standing is not OrderStanding.DUE:
        return [f"not due: {seen.status}"]
    if seen.plan and seen.plan.left_out:
        return [f"left out: {seen.plan.left_out}"]
    if seen.plan and seen.plan.awaits and not seen.documents:
        return [f"waits: {seen.plan.awaits}"]
    return [line for document in seen.documents for line in _lines_of(document)]


def _lines_of(document: PreviewedDocument) -> Iterator[str]:
    draft, body = document.intent.draft, document.body
    if isinstance(draft, InvoiceDraft):
        yield f"{draft.net} + {draft.vat} VAT = {draft.gross} {draft.currency}"
        for line in draft.lines:
            exempt = " N/A" if line.vat_exempt else ""
            yield (
                f"{line.description}: {line.quantity} x {line.rate} = {line.net}, {line.vat} VAT at {line.vat_level} %"
                f"{exempt}, nominal {line.nominal_code} ({line.why})"
            )
    yield from (json_body(receipt).decode("utf-8") for receipt in _receipts(body))
    rest = {field: value for field, value in body.items() if field not in ("LineItems", "PaymentLines")}
    yield json_body(rest).decode("utf-8")


def _receipts(body: dict[str, object]) -> Iterable[object]:
    found = body.get("PaymentLines", [])
    return found if isinstance(found, list) else []
