"""People hear what an alarm's own message cannot say: which order, why, how much, and since when.

Messages hold ids, codes, amounts and our own sentences, never names or addresses. A message may come twice if sending
the next one fails; none is lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..errors import PermanentError
from ..observability import LogCode, note
from ..runs.cursors import Cursor, CursorStore
from ..runs.records import PARKED, SubjectRecord
from ..runs.runs import Runs
from .posting import order_as_planned

FINANCE, TECHNICAL = "finance", "technical"
_A_DAY = timedelta(days=1)
_SETTLED = timedelta(seconds=30)
"""The ledger's index is behind its items by less than that."""
_AT_ONCE, _SHOWN = 100, 20
_EARLIEST = "0"
"""Less than every moment; the table takes no empty text for a key."""
_ABOUT_PARKED = "What to do: docs/runbook.md#orders-parked; each code: docs/mapping.md#reason-codes"
_ABOUT_WAITS = "What to do: docs/runbook.md#longest-wait"


class Messenger(Protocol):
    def tell(self, audience: str, title: str, text: str) -> None:
        """Send a message. Raises `RetryableError` if it cannot be sent."""
        ...


@dataclass(frozen=True)
class Alarm:
    """An alarm that has changed its state, as CloudWatch says it."""

    name: str
    state: str
    description: str
    reason: str

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "Alarm":
        names = ("AlarmName", "NewStateValue", "AlarmDescription", "NewStateReason")
        return cls(*(str(message.get(name) or "") for name in names))


def notify_people(
    alarms: Sequence[Alarm], *, runs: Runs, cursors: CursorStore, messenger: Messenger, now: datetime
) -> dict[str, int]:
    """Tell of alarms, of orders parked since the last time, and once a day of all that still wait; returns how many."""
    waiting = list(runs.waiting("order"))
    for alarm in alarms:
        orders = [] if alarm.state == "OK" else [_waits(record, now) for record in waiting]
        text = [alarm.description, f"Reason: {alarm.reason}", *_listed("Orders that wait", orders)]
        messenger.tell(TECHNICAL, f"{alarm.state}: {alarm.name}", "\n".join(text))
    cursor = cursors.read("NOTICES") or Cursor("NOTICES", since=now)
    parked = _parked_since(cursor.last_id, runs, now)
    if parked:
        lines = [_parked(record, runs, now) for record in parked[:_SHOWN]]
        text = [*_listed("Orders that need a person", lines, len(parked)), _ABOUT_PARKED]
        messenger.tell(FINANCE, f"{_orders(len(parked))} parked", "\n".join(text))
        cursor = replace(cursor, last_id=parked[-1].state_since)
    reminded = 0
    if now - cursor.since >= _A_DAY:
        reminded = _remind(waiting, runs, messenger, now)
        cursor = replace(cursor, since=now)
    if parked or reminded or cursor.since == now:
        cursors.save(cursor)
    note(LogCode.PEOPLE_NOTIFIED, alarms=len(alarms), parked=len(parked), reminded=reminded)
    return {"alarms": len(alarms), "parked": len(parked), "reminded": reminded}


def _parked_since(last: str, runs: Runs, now: datetime) -> list[SubjectRecord]:
    """Orders parked after the last that was told of, in the order in which they were."""
    found = runs.next_in_state("order", PARKED, last or _EARLIEST, _AT_ONCE)
    return [record for record in found if now - datetime.fromisoformat(record.state_since) >= _SETTLED]


def _remind(waiting: Sequence[SubjectRecord], runs: Runs, messenger: Messenger, now: datetime) -> int:
    """Tell of everything that still waits, the longest waiting first; returns how many orders that is."""
    parked = list(runs.in_state(PARKED, kind="order"))
    if parked:
        lines = [_parked(record, runs, now) for record in parked[:_SHOWN]]
        text = [*_listed("Orders that still need a person", lines, len(parked)), _ABOUT_PARKED]
        messenger.tell(FINANCE, f"Daily reminder: {_orders(len(parked))} parked", "\n".join(text))
    if waiting:
        text = [*_listed("Orders that still wait", [_waits(record, now) for record in waiting]), _ABOUT_WAITS]
        messenger.tell(TECHNICAL, f"Daily reminder: {_orders(len(waiting))} waiting", "\n".join(text))
    return len(parked) + len(waiting)


def _listed(what: str, lines: Sequence[str], number: int | None = None) -> list[str]:
    """The first of so many orders under a heading; nothing if there is none."""
    number = len(lines) if number is None else number
    more = [f"... and {number - _SHOWN} more"] if number > _SHOWN else []
    return [f"{what} ({number}):", *lines[:_SHOWN], *more] if number else []


def _orders(number: int) -> str:
    return f"{number} order{'' if number == 1 else 's'}"


def _parked(record: SubjectRecord, runs: Runs, now: datetime) -> str:
    parking = record.parking
    where = f" at {parking.step}" if parking.step else ""
    age = _age(record.state_since, now)
    return f"{record.subject.id}: {parking.code}{where}{_amount(record, runs)}, for {age}\n  {parking.reason}"


def _waits(record: SubjectRecord, now: datetime) -> str:
    wait = record.wait
    return f"{record.subject.id}: {wait.code}, for {_age(wait.since, now)}\n  {wait.words}"


def _amount(record: SubjectRecord, runs: Runs) -> str:
    """The order's total, if the ledger knows it: an order that could not be read has none."""
    try:
        order = order_as_planned(record, runs)
    except PermanentError:
        return ""
    return f", {order.total} {order.currency}"


def _age(since: str, now: datetime) -> str:
    minutes = (now - datetime.fromisoformat(since)) // timedelta(minutes=1)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
