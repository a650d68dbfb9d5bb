"""A comparison of the books with the shop, in sentences and a table."""

from collections.abc import Iterator
from decimal import Decimal

from rich.table import Table

from .reconcile_values import ReconcileReport
from .words import counted, moment


def reconcile_lines(seen: ReconcileReport) -> Iterator[str | Table]:
    """The figures of both sides, and every difference, those that nothing explains first."""
    yield f"From {seen.first} to {seen.last}, compared on {moment(seen.compared_at)}:"
    yield _figures(seen)
    for one in sorted(seen.differences, key=lambda one: bool(one.why)):
        figures = "" if one.expected is one.shown is None else f" {_or_none(one.expected)} / {_or_none(one.shown)}"
        yield f"{one.kind}{figures}: {one.words}{f' Explained: {one.why}' if one.why else ''}"
    explained = len(seen.differences) - seen.unexplained
    yield f"{counted(seen.unexplained, 'difference')} that nothing explains, {explained} explained."


def _figures(seen: ReconcileReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in (f"in {seen.currency}", "shop and ledger", "KashFlow", "difference"):
        table.add_column(heading, justify="left" if heading.startswith("in ") else "right")
    ledger, books = seen.by_ledger, seen.by_books
    for name, ours, theirs in (
        ("documents", Decimal(ledger.documents), Decimal(books.documents)),
        ("net, taxed", ledger.split.taxed, books.split.taxed),
        ("net, in the return without VAT", ledger.split.without_vat, books.split.without_vat),
        ("net, in no box", ledger.split.outside, books.split.outside),
        ("VAT", ledger.vat, books.vat),
        ("receipts", ledger.receipts, books.receipts),
    ):
        table.add_row(name, str(ours), str(theirs), str(theirs - ours) if theirs != ours else "")
    return table


def _or_none(amount: Decimal | None) -> str:
    return "none" if amount is None else str(amount)
