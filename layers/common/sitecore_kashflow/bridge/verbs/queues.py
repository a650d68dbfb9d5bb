"""`sweep`, `backfill` and `redrive`: what is put on the queues."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, time

from ...usecases.sweep_orders import backfill_status as status_of_backfill
from ...usecases.sweep_orders import begin_backfill, stop_backfill
from ..desk import Desk
from ..outcome_values import Backfill, DeadLetters, Redriven, Swept
from ..redrive import REDRIVES, dead_letters, redrive_queue

_SECONDS_BETWEEN_LOOKS = 10.0


def sweep(_asked: Namespace, desk: Desk) -> Swept:
    """One look for orders that no webhook announced, now and not when the schedule comes round."""
    return Swept(desk.stack.call("SweepOrdersFunction", {}))


def backfill_start(asked: Namespace, desk: Desk) -> Backfill:
    """Ask the sweeps to bring in the orders submitted on some days."""
    first, last = (datetime.combine(day, time.min, UTC) for day in (asked.from_day, asked.to_day))
    if asked.anew:
        stop_backfill(asked.shop, cursors=desk.wiring.cursors)
    begin_backfill(asked.shop, first, last, cursors=desk.wiring.cursors, now=desk.wiring.clock())
    return _backfill(asked, desk)


def backfill_status(asked: Namespace, desk: Desk) -> Backfill:
    """How far it has got; with `--watch`, once it is done."""
    if asked.watch:
        list(desk.person.follow(_progress(asked, desk)))
    return _backfill(asked, desk)


def redrive(asked: Namespace, desk: Desk) -> Redriven | DeadLetters:
    """Put the dead letters of a queue back; without a queue, say how many there are."""
    if not asked.queue:
        return DeadLetters({queue: dead_letters(queue, desk) for queue in REDRIVES})
    return redrive_queue(asked.queue, desk)


def _backfill(asked: Namespace, desk: Desk) -> Backfill:
    status = status_of_backfill(asked.shop, cursors=desk.wiring.cursors)
    return Backfill(asked.shop, **asdict(status)) if status else Backfill(asked.shop)


def _progress(asked: Namespace, desk: Desk) -> Iterator[str]:
    """A sentence at each look, until it is done."""
    while (now := _backfill(asked, desk)).is_under_way:
        yield f"{now.found} orders, as far as {now.last_id}" if now.last_id else "not begun yet"
        desk.wiring.sleep(_SECONDS_BETWEEN_LOOKS)
