"""Shops are told until they have heard: every sweep looks for parked and abandoned orders that they do not know of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..errors import BridgeError, RetryableError
from ..observability import LogCode, note
from ..runs.records import ABANDONED, PARKED, SubjectRecord
from ..runs.runs import Runs
from .report_status import Reporter, note_unheard

_LEFT_TO_ITS_RUN_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Telling:
    """Tells shops of orders that are left to a person: no run is at work that would tell them.

    In every other state a run is on its way, which does not end before it was heard.
    """

    runs: Runs
    reporter: Reporter

    def tell_unheard(self, now: datetime) -> int:
        """Tell the shops of every order that they have not heard of; returns how many have heard now.

        If a shop is away, the next sweep tries again.
        """
        heard = 0
        for record in self._untold(now):
            try:
                heard += self._is_heard(record, now)
            except RetryableError as error:
                note_unheard(error)
                break
            except BridgeError as error:
                note_unheard(error)
        note(LogCode.SHOPS_TOLD, orders=heard)
        return heard

    def _untold(self, now: datetime) -> Iterator[SubjectRecord]:
        youngest = (now - _LEFT_TO_ITS_RUN_FOR).isoformat(timespec="microseconds")
        for state in (PARKED, ABANDONED):
            for listed in self.runs.in_state(state, kind="order"):
                if listed.is_told or listed.state_since > youngest or (state == ABANDONED and listed.run.is_open):
                    continue
                yield listed

    def _is_heard(self, listed: SubjectRecord, now: datetime) -> bool:
        """Tell one. If a run has moved it on meanwhile, our word may have come after the run's: tell how it is now."""
        source = listed.subject.source
        record = self.runs.record(listed.subject)
        if record.state_since != listed.state_since:
            return False
        heard = self.reporter.tell(record, now)
        if not heard or self.runs.note_told(record, source, heard):
            return bool(heard)
        moved_on = self.runs.record(listed.subject)
        self.reporter.tell(replace(moved_on, reports={}), now)
        return False
