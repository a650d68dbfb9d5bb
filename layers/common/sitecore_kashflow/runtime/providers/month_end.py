"""Where the facts of a month's end come from."""

from ...documents.vat_drift import DriftStore
from ...usecases.month_end import MonthSources
from ..wiring import Wiring


def month_sources(wiring: Wiring) -> MonthSources:
    return MonthSources(
        wiring.both_sides, wiring.account, DriftStore(wiring.table), wiring.closings, wiring.kept_events
    )
