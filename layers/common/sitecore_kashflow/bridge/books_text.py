"""The trial balance, and what orders show of payment and dispatch, in sentences and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from ..canonical.money import ZERO
from .books_values import BooksReport, Evidence, KeptOrder, SaleEvidence, TrialRow
from .words import amount, counted, moment

_BOXES = {"taxable": "taxable", "zero": "at 0 %", "exempt": "exempt", "abroad": "abroad", "none": "in no box"}


def books_lines(seen: BooksReport) -> Iterator[str | Table]:
    """The sums by account and box, the trial balance, and what is not in it."""
    yield f"{counted(seen.documents, 'document')} from {seen.first} to {seen.last}:"
    yield _accounts(seen)
    yield _balance(seen)
    yield f"VAT return: box 1 {amount(seen.box_1)}, box 6 {amount(seen.box_6)}."
    for late in seen.late_vat:
        yield (
            f"Late VAT: {late.order} ({late.document}), tax point {late.tax_point}, issued {late.issued}: "
            f"{amount(late.vat)} of the VAT period to {late.belongs_to}."
        )
    for one in seen.parked:
        worth = f", {amount(one.amount)}" if one.amount else ""
        yield f"Not posted: {one.order} is parked [{one.code}]{worth}."
    if seen.undated:
        yield f"{counted(seen.undated, 'document')} posted before the ledger kept days: not counted."


def evidence_lines(seen: Evidence) -> Iterator[str]:
    """How many orders would wait under `first_of`, and which."""
    yield (
        f"Of the last {counted(seen.orders, 'order')}, {seen.paid} show a payment and {seen.supplied} a dispatch or "
        f"completion; {len(seen.without)} show neither, and would wait under `orders.tax_point: first_of`."
    )
    if seen.without:
        yield f"Neither: {', '.join(seen.without)}."
    if seen.unreadable:
        yield f"Could not be read: {', '.join(seen.unreadable)}; `bridge preview` says why."
    for one in seen.vat_numbers:
        form = f"right in form for {one.country}" if one.country else "of no form that is known"
        asked = f"the shop's check: {one.answer}" if one.answer else "no answer of VIES or HMRC is kept"
        yield f"VAT number of {one.order} ({one.document}): {one.number}, {form} on {one.seen_on}; {asked}."


def sale_lines(seen: SaleEvidence) -> Iterator[str]:
    """What is kept of a sale, without naming anybody; `--json` has all of it."""
    for kept in seen.orders:
        until = f"{kept.kept_until:%Y-%m-%d}" if kept.kept_until else "for good"
        at = f" on {moment(kept.understood_at)}" if kept.understood_at else ""
        order = kept.order
        yield (
            f"{seen.order} as understood{at} ({kept.digest}): {counted(len(order['lines']), 'line')}, {order['total']} "
            f"{order['currency']}, kept until {until}.{_enriched(kept)}"
        )
    for one in seen.documents:
        figures, where = one["figures"], "in the books" if one["is_in_the_books"] else "not in the books"
        rate = f", rate {figures['rate']} of {figures['rate_day']}" if figures["rate_day"] else ""
        number = f" {one['status']['number']}" if "number" in one["status"] else ""
        yield (
            f"{one['kind']}{number} ({one['reference']}), {where}: {figures['net']} + {figures['vat']} VAT = "
            f"{figures['gross']} {figures['currency']}{rate}, by rules {one['rules_version']}.{_checked(one)}"
        )
    for rules in seen.rules:
        kept_as = "the default of this bridge" if rules.is_default else counted(len(rules.texts), "document")
        yield f"Rules {rules.version}: {kept_as}."


def _checked(document: Mapping[str, Any]) -> str:
    """The VAT number on which a sale rests, and what was answered when the shop asked for it."""
    seen = document["vat_evidence"]
    return f" VAT number {seen['number']}, seen on {seen['seen_on']}: {seen['answer'] or 'no answer'}." if seen else ""


def _enriched(kept: KeptOrder) -> str:
    """What the shop's own function answered."""
    said = kept.order.get("enrichment")
    return f" The shop's function {said[0]} answered: {said[2]}" if said else ""


def _accounts(seen: BooksReport) -> Table:
    table = _table("account", "VAT return", "net", "VAT")
    for one in seen.accounts:
        table.add_row(str(one.account), _BOXES[one.box], str(one.net.amount), str(one.vat.amount))
    return table


def _balance(seen: BooksReport) -> Table:
    table = _table("trial balance", "debit", "credit")
    for row in seen.rows:
        table.add_row(row.account, *_sides(row))
    debit = sum((row.debit.amount for row in seen.rows), ZERO)
    credit = sum((row.credit.amount for row in seen.rows), ZERO)
    table.add_row("", str(debit), str(credit))
    return table


def _sides(row: TrialRow) -> tuple[str, str]:
    return str(row.debit.amount or ""), str(row.credit.amount or "")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        is_sum = heading in ("net", "VAT", "debit", "credit")
        table.add_column(heading, justify="right" if is_sum else "left")
    return table
