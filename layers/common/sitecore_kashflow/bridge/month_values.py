"""The page of a month's end, as the command shows it."""

from dataclasses import dataclass
from datetime import date, datetime

from ..reconciliation.month import BadDebt, Changed, Figure, Foreign, Late, MonthEnd, Proposal
from ..reconciliation.values import Balance, OpenOrder
from .reconcile_values import DifferenceShown


@dataclass(frozen=True)
class RowShown:
    """Two figures, and the name under which a person may enter the second."""

    name: str
    ours: Figure
    theirs: Figure
    colour: str
    key: str
    entered_by: str


@dataclass(frozen=True)
class ControlShown:
    number: int
    name: str
    colour: str
    words: str
    rows: tuple[RowShown, ...]


@dataclass(frozen=True)
class MonthEndReport:
    """All that is on the page; `closed_by` and `closed_at` are those of the last closing."""

    month: str
    compared_at: datetime
    currency: str
    controls: tuple[ControlShown, ...]
    closed_by: str
    closed_at: datetime | None
    changed: tuple[Changed, ...]
    differences: tuple[DifferenceShown, ...]
    parked: tuple[OpenOrder, ...]
    late_vat: tuple[Late, ...]
    deferral: Proposal | None
    foreign: tuple[Foreign, ...]
    bad_debt_due: tuple[BadDebt, ...]
    balances: tuple[Balance, ...]
    first: date
    last: date

    @classmethod
    def of(cls, page: MonthEnd) -> "MonthEndReport":
        facts, closing = page.facts, page.closing
        return cls(
            month=page.name,
            compared_at=facts.agreement.finished_at,
            currency=facts.home,
            controls=tuple(
                ControlShown(
                    one.number,
                    one.name,
                    str(one.colour),
                    one.wrong or one.words,
                    tuple(
                        RowShown(row.name, row.ours, row.theirs, str(row.colour), row.key, row.by) for row in one.rows
                    ),
                )
                for one in page.controls
            ),
            closed_by=closing.by if closing else "",
            closed_at=closing.at if closing else None,
            changed=page.changed,
            differences=tuple(map(DifferenceShown.of, facts.agreement.differences)),
            parked=facts.parked,
            late_vat=facts.late,
            deferral=facts.deferral,
            foreign=facts.foreign,
            bad_debt_due=facts.bad_debts,
            balances=facts.agreement.balances,
            first=facts.month.first,
            last=facts.month.last,
        )
