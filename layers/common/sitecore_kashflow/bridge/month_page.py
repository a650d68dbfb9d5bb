"""The page of a month's end as HTML: one file, without script, that prints on A4."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element

from ..reconciliation.month import Control, Figure, MonthEnd, Row
from .markup import Child, document, table, tag
from .month_plots import balances_plot, sales_plot
from .names import name_of_key
from .words import counted, moment

_STYLE = """
@page { size: A4; margin: 14mm }
body { font: 10.5pt/1.35 system-ui, sans-serif; color: #111; max-width: 190mm; margin: 0 auto; padding: 4mm }
h1 { font-size: 18pt; margin: 0 } h2 { font-size: 12.5pt; margin: 7mm 0 2mm; break-after: avoid }
p { margin: 1mm 0 2mm } .quiet { color: #555; font-size: 9.5pt }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt } tr { break-inside: avoid }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #444; padding: 1mm 2mm }
tr.control td { padding-top: 3mm; border-bottom: 0; break-after: avoid }
td { border-bottom: 1px solid #ddd; padding: 1mm 2mm; vertical-align: top }
td.sum, th.sum { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.green, .grey, .red { border-radius: 2mm; padding: 0 2mm; font-weight: 600; white-space: nowrap; border: 1px solid;
  print-color-adjust: exact; -webkit-print-color-adjust: exact }
.green { background: #e3f3e5; color: #1c5a24; border-color: #1c5a24 }
.grey { background: #eee; color: #444; border-color: #777; border-style: dashed }
.red { background: #fbe3e0; color: #93190f; border-color: #93190f }
.notice { border-left: 1mm solid #93190f; padding-left: 3mm }
figure { margin: 3mm 0; break-inside: avoid } figcaption { font-weight: 600 }
svg text { font: 10px system-ui, sans-serif }
"""
_NONE = "\N{EN DASH}"
_SUMS = frozenset({2, 3, 4})


def as_html(page: MonthEnd) -> str:
    """The whole page."""
    month = page.facts.month
    so_far = "" if (month.last + timedelta(days=1)).day == 1 else f", so far (to {month.last.day} {month.last:%B})"
    title = f"Month end {month.first:%B %Y}{so_far}"
    return document(title, _STYLE, tag("h1", title), *_state(page), *_controls(page), *_plots(page), *_lists(page))


def figure_text(figure: Figure) -> str:
    """An amount with its thousands apart, a number, a day, or a dash."""
    match figure:
        case Decimal():
            return f"{figure:,.2f}"
        case int():
            return str(figure)
        case date():
            return f"{figure.day} {figure:%B %Y}"
    return _NONE


def _state(page: MonthEnd) -> Iterator[Element]:
    colours = [str(one.colour) for one in page.controls]
    told = ", ".join(f"{colours.count(name)} {name}" for name in ("green", "grey", "red") if name in colours)
    compared = moment(page.facts.agreement.finished_at)
    yield tag("p", f"{counted(len(colours), 'control')}: {told}. Amounts in {page.facts.home}; compared on {compared}.")
    if page.closing is None:
        yield tag("p", "Open: nobody has closed this month.")
        return
    yield tag("p", f"Closed by {page.closing.by} on {moment(page.closing.at)}.")
    if page.changed:
        words = f"{counted(len(page.changed), 'figure')} changed since the month was closed."
        rows: list[tuple[Child, ...]] = [
            (one.figure, "", one.at_closing or _NONE, one.now or _NONE) for one in page.changed
        ]
        yield tag("div", tag("p", words), table(("figure", "", "at closing", "now"), rows, _SUMS), class_="notice")


def _controls(page: MonthEnd) -> Iterator[Element]:
    headings = ("", "control", "shop and ledger", "KashFlow, or gateway", "difference")
    made = table(headings, [], _SUMS)
    made[-1].extend(row for one in page.controls for row in _rows(one))
    yield tag("h2", "Controls")
    yield made
    words = (
        "Green: both figures are there and equal. Grey: KashFlow gives no second figure, and nobody has entered one."
    )
    yield tag("p", words, class_="quiet")


def _rows(control: Control) -> Iterator[Element]:
    said = control.wrong or control.words
    about = [tag("strong", f"{control.number} {control.name}"), *([tag("div", said, class_="quiet")] if said else [])]
    yield tag("tr", tag("td", _badge(str(control.colour))), tag("td", *about, colspan=4), class_="control")
    for row in control.rows:
        figures = (figure_text(row.ours), figure_text(row.theirs), _apart(row))
        sums = (tag("td", one, class_="sum") for one in figures)
        yield tag("tr", tag("td", _badge(str(row.colour), short=True)), tag("td", _named(row)), *sums)


def _badge(colour: str, *, short: bool = False) -> Element:
    return tag("span", {"green": "=", "grey": "?", "red": "≠"}[colour] if short else colour, class_=colour)


def _named(row: Row) -> Element:
    entered = f"entered by {row.by}" if row.by else f"to be entered as {row.key}" if row.key else ""
    return tag("div", row.name, *([tag("div", entered, class_="quiet")] if entered else []))


def _apart(row: Row) -> str:
    if isinstance(row.ours, Decimal) and isinstance(row.theirs, Decimal) and row.ours != row.theirs:
        return f"{row.theirs - row.ours:+,.2f}"
    return ""


def _plots(page: MonthEnd) -> Iterator[Element]:
    facts, agreement = page.facts, page.facts.agreement
    clearing = [one for one in agreement.balances if one.account in facts.clearing] or list(agreement.balances)
    yield sales_plot(facts.month, agreement.invoiced, agreement.received)
    yield balances_plot(facts.month, clearing)


def _lists(page: MonthEnd) -> Iterator[Element]:
    facts = page.facts
    yield from _list(
        "Differences",
        ("kind", "document", "expected", "shown", "what, and what explains it"),
        [
            (
                one.kind,
                str(one.number or ""),
                figure_text(one.expected),
                figure_text(one.shown),
                _explained(one.words, one.why),
            )
            for one in sorted(facts.agreement.differences, key=lambda one: one.is_explained)
        ],
        frozenset({1, 2, 3}),
    )
    yield from _list(
        "Parked orders: missing output VAT",
        ("order", "reason", "gross", "VAT", "why"),
        [
            (name_of_key(one.order), one.code, figure_text(one.gross), figure_text(one.vat), one.why)
            for one in sorted(facts.parked, key=lambda one: (one.code, one.order))
        ],
        frozenset({2, 3}),
    )
    yield from _list(
        "Late VAT",
        ("order", "document", "VAT", "tax point", "issued", "belongs to the period until"),
        [
            (
                name_of_key(one.order),
                one.document,
                figure_text(one.vat),
                figure_text(one.tax_point),
                figure_text(one.issued),
                figure_text(one.belongs_to),
            )
            for one in facts.late
        ],
        frozenset({2}),
    )
    yield from _proposal(page)
    yield from _list(
        "Open in other currencies",
        ("currency", "documents", "due", f"carried in {facts.home}"),
        [(one.currency, str(one.documents), figure_text(one.due), figure_text(one.carried)) for one in facts.foreign],
        frozenset({1, 2, 3}),
    )
    yield from _list(
        "Bad debts on which VAT may be claimed back once they are written off (BAD_DEBT_DUE)",
        ("order", "invoice", "owed", "VAT", "due on", "relief from", "until"),
        [
            (
                name_of_key(one.order),
                str(one.document),
                figure_text(one.owed),
                figure_text(one.vat),
                figure_text(one.due_on),
                figure_text(one.relief_from),
                figure_text(one.relief_until),
            )
            for one in facts.bad_debts
        ],
        frozenset({1, 2, 3}),
    )


def _explained(words: str, why: str) -> Element:
    return tag("div", words, *([tag("div", f"Explained: {why}", class_="quiet")] if why else []))


def _proposal(page: MonthEnd) -> Iterator[Element]:
    one = page.facts.deferral
    if one is None or not one.lines:
        return
    yield tag("h2", "Proposed journal: deferred income")
    back = f", reversed on {figure_text(one.reversed_on)}" if one.reversed_on else ""
    orders = f"{counted(len(one.orders), 'order')}: {', '.join(one.orders)}."
    yield tag("p", f"{one.name}, {figure_text(one.day)}{back}. {orders} VAT is not deferred. A person books it.")
    rows: list[tuple[Child, ...]] = [
        (str(line.account), figure_text(line.debit or None), figure_text(line.credit or None)) for line in one.lines
    ]
    yield table(("nominal", "debit", "credit"), rows, frozenset({1, 2}))


def _list(
    heading: str, headings: tuple[str, ...], rows: list[tuple[Child, ...]], sums: frozenset[int]
) -> Iterator[Element]:
    yield tag("h2", heading)
    yield table(headings, rows, sums) if rows else tag("p", "None.")
