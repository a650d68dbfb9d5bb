"""The page of a month's end as CSV, for a spreadsheet: one row for each figure and each thing on a list."""

import csv
import io
from collections.abc import Iterator

from ..reconciliation.month import MonthEnd

_HEADINGS = ("list", "name", "colour", "ours", "theirs", "document", "words")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(page: MonthEnd) -> str:
    """What a spreadsheet would take for a formula is led by an apostrophe, unless it is an amount."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    writer.writerows(tuple(map(_cell, row)) for row in _rows(page))
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else str(value)


def _rows(page: MonthEnd) -> Iterator[tuple[object, ...]]:
    facts = page.facts
    for control in page.controls:
        for row in control.rows:
            about = f"{control.number} {control.name}"
            yield about, row.name, str(row.colour), row.ours, row.theirs, None, control.wrong or control.words
    for one in facts.agreement.differences:
        yield (
            "difference",
            one.order,
            str(one.kind),
            one.expected,
            one.shown,
            one.number,
            f"{one.words} {one.why}".strip(),
        )
    for order in facts.parked:
        yield "parked", order.order, order.code, order.gross, order.vat, None, order.why
    for late in facts.late:
        words = f"tax point {late.tax_point}, issued {late.issued}, of the period until {late.belongs_to}"
        yield "late VAT", late.order, "", late.vat, None, late.document, words
    for line in facts.deferral.lines if facts.deferral else ():
        yield "deferral", line.account, "", line.debit, line.credit, None, "debit and credit"
    for some in facts.foreign:
        yield "open currency", some.currency, "", some.due, some.carried, some.documents, "due, and carried"
    for debt in facts.bad_debts:
        words = f"due on {debt.due_on}, relief from {debt.relief_from} until {debt.relief_until}"
        yield "BAD_DEBT_DUE", debt.order, "", debt.owed, debt.vat, debt.document, words
