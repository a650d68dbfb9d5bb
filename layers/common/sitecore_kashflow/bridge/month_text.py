"""A month's end in sentences and a table."""

from collections.abc import Iterator

from rich.table import Table

from .month_values import MonthEndReport
from .words import counted, moment


def month_lines(seen: MonthEndReport) -> Iterator[str | Table]:
    """Each control with its colour and figures; then what there is beside them."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "control", "ours", "theirs", "to be entered as"):
        table.add_column(heading, justify="right" if heading in ("ours", "theirs") else "left")
    for one in seen.controls:
        table.add_row(one.colour.upper(), f"{one.number} {one.name}", "", "", "")
        for row in one.rows:
            sides = ("" if figure is None else str(figure) for figure in (row.ours, row.theirs))
            table.add_row("", f"  {row.name}", *sides, row.key if row.theirs is None else "")
    yield f"Month end {seen.month}, compared on {moment(seen.compared_at)}:"
    yield table
    unexplained = [one for one in seen.differences if not one.why]
    yield from (f"{one.kind}: {one.words}" for one in unexplained)
    lists = ((seen.parked, "parked order"), (seen.late_vat, "document of late VAT"), (seen.bad_debt_due, "bad debt"))
    beside = ", ".join(counted(len(some), words) for some, words in lists if some)
    if beside:
        yield f"Beside the controls: {beside}; --html and --csv have the lists."
    if seen.closed_at is None:
        yield "Nobody has closed it."
        return
    yield f"Closed by {seen.closed_by} on {moment(seen.closed_at)}."
    for figure in seen.changed:
        yield f"Changed since then: {figure.figure}: {figure.at_closing or 'none'} then, {figure.now or 'none'} now."
