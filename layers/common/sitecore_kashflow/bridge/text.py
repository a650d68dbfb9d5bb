"""The answers of the command in sentences."""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import singledispatch

from rich.console import Console
from rich.table import Table

from ..plan.vat_amounts import VatAmounts
from . import books_values as books
from . import outcome_values as outcomes
from . import preview_values as previews
from . import values
from .books_text import books_lines, evidence_lines, sale_lines
from .month_text import month_lines
from .month_values import MonthEndReport
from .payout_text import imported_lines, list_lines, shown_lines
from .payout_values import PayoutList, PayoutsImported, ShownPayout
from .preview_text import preview_lines
from .reconcile_text import reconcile_lines
from .reconcile_values import ReconcileReport
from .show_text import detail_lines, duplicate_lines, show_lines
from .words import age, amount, counted, moment

_WIDTH_OF_A_FILE = 200
_VAT_WORDS: dict[str, str] = {
    VatAmounts.KEPT: "KashFlow keeps the VAT that is sent with a line.",
    VatAmounts.COMPUTED: "KashFlow works out the VAT of each line anew; invoices have lines for rounding where needed.",
}
_WHY_SWEPT = {
    "swept": "changed",
    "returned": "with returns that changed",
    "again": "for a second look",
    "backfilled": "of a backfill",
    "told": "told to their shop again",
    "waiting": "waiting because a step keeps failing",
    "without_evidence": "waiting for a payment or dispatch",
    "cut_short": "looks cut short by a system",
}


def say(answer: object) -> None:
    """Print an answer."""
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    for line in lines(answer):
        console.print(line, soft_wrap=isinstance(line, str))


def refusals(answer: object) -> list[str]:
    """A sentence for each thing that was asked for and not done."""
    match answer:
        case outcomes.Decisions(decisions):
            return [one.words for one in decisions if one.code]
        case outcomes.Undoing(orders, decisions):
            foreseen = [f"{one.order} cannot be undone: [{one.code}] {one.words}" for one in orders if one.code]
            return foreseen + [one.words for one in decisions if one.code]
        case outcomes.Redriven(queue=queue, left=left) if left:
            return [f"{left} could not be put back, and are still there. See docs/runbook.md#{queue}-dead-letters."]
        case outcomes.Examination(findings) | outcomes.RulesChecked(findings=findings) if wrong := sum(
            not one.is_ok for one in findings
        ):
            return [f"{wrong} of {counted(len(findings), 'check')} found something to do."]
    return []


@singledispatch
def lines(answer: object) -> Iterator[str | Table]:
    """An answer as lines of text and tables."""
    raise TypeError(f"no words for {type(answer).__name__}")


@lines.register
def _(answer: values.OrderList) -> Iterator[str | Table]:
    for cause in answer.causes:
        sums = " and ".join(map(amount, cause.amounts))
        worth = f" worth {sums}" if sums else ""
        yield f"{cause.code}: {counted(cause.orders, 'order')}{worth}, the oldest since {moment(cause.oldest)}."
    if answer.would_post:
        sums = " and ".join(map(amount, answer.would_post.amounts))
        yield f"If the bridge were live, it would post {counted(answer.would_post.orders, 'order')} worth {sums}."
    if not answer.orders:
        nothing = "No order waits for a person, and none is being worked on."
        yield f"No order is listed for {answer.asked_for}." if answer.asked_for else nothing
        return
    yield _table(answer)
    reasons = [one for one in answer.orders if one.reason]
    yield from (f"{one.order}: {f'[{one.code}] ' if one.code else ''}{one.reason}" for one in reasons)


def _table(answer: values.OrderList) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("order", "state", "for", "amount", "invoice", "step", "cause"):
        table.add_column(heading, justify="right" if heading in ("for", "amount") else "left")
    for one in answer.orders:
        sums, invoice = amount(one.amount) if one.amount else "", str(one.invoice or "")
        table.add_row(one.order, one.state, age(one.age_seconds), sums, invoice, one.step, one.code)
    return table


@lines.register
def _(answer: values.ShownOrder) -> Iterator[str]:
    yield from show_lines(answer)


@lines.register
def _(answer: values.DetailedOrder) -> Iterator[str]:
    yield from detail_lines(answer)


@lines.register
def _(answer: values.Duplicates) -> Iterator[str]:
    if answer.checked_at is None:
        yield "KashFlow has not been checked yet."
        return
    for one in answer.found:
        yield from duplicate_lines(one)
    still = f"; {counted(answer.pages_left, 'page')} of invoices are still to be read" if answer.pages_left else ""
    used = "reference is" if len(answer.found) == 1 else "references are"
    yield f"{len(answer.found)} {used} used twice or more, as of {moment(answer.checked_at)}{still}."


@lines.register
def _(answer: outcomes.Allowed) -> Iterator[str]:
    for reference, count in answer.references.items():
        yield f"{reference}: {count} documents are allowed; another will be found."
    if not answer.references:
        yield f"{answer.asked_for} is not a duplicate reference."


@lines.register
def _(answer: outcomes.Decisions) -> Iterator[str]:
    done = [one.words for one in answer.decisions if not one.code]
    yield from done
    if len(answer.decisions) > 1:
        yield f"{len(done)} of {len(answer.decisions)} orders: done."


@lines.register
def _(answer: outcomes.Undoing) -> Iterator[str]:
    for one in answer.orders:
        if one.credited and one.taken_back:
            back = f", and takes {one.taken_back.amount} off its receipts" if one.taken_back.amount else ""
            comes_to = f"{one.credited.amount} {one.credited.currency}"
            yield f"{one.order}: credit note {one.document} comes to {comes_to}{back}."
    yield from (one.words for one in answer.decisions if not one.code)
    if answer.is_dry_run:
        yield "Nothing was done."


@lines.register
def _(answer: outcomes.DeadLetters) -> Iterator[str]:
    for queue, waiting in answer.waiting.items():
        how = f"; `bridge redrive {queue}` puts them back" if waiting else ""
        yield f"{queue}: {counted(waiting, 'dead letter')}{how}."


@lines.register
def _(answer: outcomes.Redriven) -> Iterator[str]:
    if answer.put_back or answer.left:
        yield f"{counted(answer.put_back, 'dead letter')} of the queue {answer.queue} put back."
    else:
        yield f"The queue {answer.queue} has no dead letters: there was nothing to put back."


@lines.register
def _(answer: outcomes.Swept) -> Iterator[str]:
    found = ", ".join(f"{number} {_WHY_SWEPT.get(why, why)}" for why, number in answer.found.items())
    yield f"The sweep counted: {found}."


@lines.register
def _(answer: outcomes.Backfill) -> Iterator[str]:
    if answer.since is None or answer.until is None:
        yield f"Nothing was ever asked for of the past of {answer.shop}."
        return
    days = f"the orders submitted from {answer.since:%-d %B %Y} to before {answer.until:%-d %B %Y}"
    if not answer.is_under_way:
        yield f"The sweeps have brought in {days}: {answer.found}."
    elif answer.last_id:
        yield f"The sweeps are bringing in {days}: {answer.found} so far, as far as {answer.last_id}."
    else:
        yield f"Each sweep will bring in some of {days}."


@lines.register
def _(answer: outcomes.VatAmountsSeen) -> Iterator[str]:
    if answer.seen_at is None:
        yield "Not known yet. The next invoice whose VAT needs rounding will tell, and comes out right either way."
    else:
        yield f"{_VAT_WORDS[answer.amounts]} Invoice {answer.invoice} showed it on {moment(answer.seen_at)}."


@lines.register
def _(answer: outcomes.RulesPublished) -> Iterator[str]:
    yield f"Rules {answer.rules} are in force within a minute (AppConfig version {answer.appconfig_version})."


@lines.register
def _(answer: outcomes.Examination) -> Iterator[str]:
    yield from _findings(answer.findings)


def _findings(findings: Iterable[outcomes.Finding]) -> Iterator[str]:
    return (f"{'OK   ' if one.is_ok else 'TO DO'} {one.checked}: {one.words}" for one in findings)


@lines.register
def _(answer: outcomes.WebhookRegistered) -> Iterator[str]:
    for one in answer.changes:
        yield f"{one.field}: {one.before} -> {one.after}"
    what = "is as it should be" if not answer.changes else "was created" if answer.is_new else "was changed"
    yield f"The webhook {answer.webhook} {what}."


@lines.register
def _(answer: outcomes.RulesChecked) -> Iterator[str]:
    yield f"{answer.file} is valid: version {answer.rules}."
    yield from _findings(answer.findings)


@lines.register
def _(answer: outcomes.Document) -> Iterator[str]:
    tight = {} if answer.indent else {"separators": (",", ":")}
    yield json.dumps(answer.document, indent=answer.indent, ensure_ascii=False, **tight)  # type: ignore[arg-type]


@lines.register
def _(answer: books.BooksReport) -> Iterator[str | Table]:
    yield from books_lines(answer)


@lines.register
def _(answer: books.Evidence) -> Iterator[str]:
    yield from evidence_lines(answer)


@lines.register
def _(answer: books.SaleEvidence) -> Iterator[str]:
    yield from sale_lines(answer)


@lines.register
def _(answer: PayoutsImported) -> Iterator[str | Table]:
    yield from imported_lines(answer)


@lines.register
def _(answer: PayoutList) -> Iterator[str | Table]:
    yield from list_lines(answer)


@lines.register
def _(answer: ShownPayout) -> Iterator[str | Table]:
    yield from shown_lines(answer)


@lines.register
def _(answer: ReconcileReport) -> Iterator[str | Table]:
    yield from reconcile_lines(answer)


@lines.register
def _(answer: MonthEndReport) -> Iterator[str | Table]:
    yield from month_lines(answer)


@lines.register
def _(answer: previews.OrderPreview) -> Iterator[str]:
    yield from preview_lines(answer)


@lines.register
def _(answer: previews.Comparison) -> Iterator[str]:
    for change in answer.changes:
        yield change.order
        yield from (f"  - {line}" for line in change.without)
        yield from (f"  + {line}" for line in change.instead)
    rules = f"from rules {answer.rules_now} to {answer.rules_then}"
    yield f"{len(answer.changes)} of {counted(answer.orders, 'order')} would change {rules}."
