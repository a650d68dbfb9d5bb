"""Payouts in sentences and tables."""

from collections.abc import Iterator

from rich.table import Table

from .payout_values import ListedPayout, PayoutList, PayoutsImported, ShownPayout
from .words import amount, counted


def imported_lines(answer: PayoutsImported) -> Iterator[str | Table]:
    yield f"{answer.file}: {counted(len(answer.payouts), 'payout')}, {answer.new} of them new."
    yield _table(answer.payouts)


def list_lines(answer: PayoutList) -> Iterator[str | Table]:
    if not answer.payouts:
        yield "No payout is known."
        return
    yield _table(answer.payouts)
    yield from (
        f"{one.payout}: {f'[{one.code}] ' if one.code else ''}{one.reason}" for one in answer.payouts if one.reason
    )


def shown_lines(answer: ShownPayout) -> Iterator[str | Table]:
    yield from list_lines(PayoutList((answer.payout,)))
    table = Table(box=None, pad_edge=False)
    for heading in ("item", "id", "order", "amount", "settled", "fee", "in KashFlow"):
        table.add_column(heading, justify="right" if heading in ("amount", "settled", "fee") else "left")
    for one in answer.items:
        sums = amount(one.amount), amount(one.settled), amount(one.fee)
        table.add_row(one.kind.replace("_", " "), one.id, one.order, *sums, one.match)
    yield table
    for document in answer.documents:
        yield f"{document.kind} {document.reference}: {document.sums.gross} {document.sums.currency}, {document.status}"


def _table(payouts: tuple[ListedPayout, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("payout", "state", "arrives", "amount", "items", "cause"):
        table.add_column(heading, justify="right" if heading in ("amount", "items") else "left")
    for one in payouts:
        day, sums = str(one.arrives_on or ""), amount(one.amount) if one.amount else ""
        table.add_row(one.payout, one.state, day, sums, str(one.items), one.code)
    return table
