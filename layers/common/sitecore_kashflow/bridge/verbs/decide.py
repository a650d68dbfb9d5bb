"""`retry`, `abandon` and `reopen`: what a person decides about orders that wait, one by one or all of one cause."""

from argparse import Namespace
from collections.abc import Callable
from getpass import getuser

from botocore.exceptions import BotoCoreError, ClientError

from ...errors import BridgeError, PermanentError
from ...runs.records import ABANDONED, PARKED
from ...runs.subject import Subject
from ..desk import Desk
from ..names import name_of
from ..outcome_values import Decision, Decisions
from ..words import listed


def retry(asked: Namespace, desk: Desk) -> Decisions:
    """Let parked orders carry on."""
    subjects = _subjects(asked, desk)
    if asked.cause:
        desk.person.confirm(f"Retry {names_of(subjects)}, parked with {asked.cause}?")
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return each(subjects, desk, lambda subject: decisions.resume(subject, now(), afresh=asked.afresh, by=user()))


def abandon(asked: Namespace, desk: Desk) -> Decisions:
    """Leave orders alone, for a reason that the ledger keeps."""
    subjects = _subjects(asked, desk)
    why = f", parked with {asked.cause}," if asked.cause else ""
    desk.person.confirm(f"Leave {names_of(subjects)}{why} alone from now on?")
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return each(subjects, desk, lambda subject: decisions.abandon(subject, asked.why, now(), by=user()))


def reopen(asked: Namespace, desk: Desk) -> Decisions:
    """Let abandoned orders go on from the beginning. One that never was is forgotten: its id was mistyped."""
    now, decisions = desk.wiring.clock, desk.wiring.decisions

    def decide(subject: Subject) -> str:
        said: str = decisions.forget(subject) if _never_was(subject, desk) else decisions.reopen(subject, now())
        return said

    return each(list(asked.orders), desk, decide)


def _never_was(subject: Subject, desk: Desk) -> bool:
    """Whether an abandoned order was never read, has no document, and is not in its shop by this very id."""
    wiring = desk.wiring
    record = wiring.runs.record(subject)
    is_unread = record.state == ABANDONED and subject.kind == "order" and record.snapshot is None
    if not is_unread or any(True for _ in wiring.documents.of(subject)):
        return False
    reading = wiring.shops(subject.source).read(subject.id)
    return reading is None or reading.id != subject.id


def _subjects(asked: Namespace, desk: Desk) -> list[Subject]:
    """Those that were named, or all that are parked with a cause."""
    if not asked.cause:
        return list(asked.orders)
    parked = [one.subject for one in desk.wiring.runs.in_state(PARKED) if one.parking.code == asked.cause]
    if not parked:
        raise PermanentError("NONE_PARKED", f"No order is parked with {asked.cause}. `bridge list` shows the causes.")
    return parked


def each(subjects: list[Subject], desk: Desk, decide: Callable[[Subject], str]) -> Decisions:
    """Each by itself: one that is refused keeps none of the others from being done."""
    return Decisions(tuple(_decision(one, decide) for one in desk.person.watch("Deciding", subjects)))


def _decision(subject: Subject, decide: Callable[[Subject], str]) -> Decision:
    try:
        return Decision(name_of(subject), decide(subject))
    except BridgeError as error:
        return Decision(name_of(subject), error.words, error.code)
    except (BotoCoreError, ClientError) as error:
        return Decision(name_of(subject), f"{name_of(subject)}: {error}", "AWS")


def names_of(subjects: list[Subject]) -> str:
    return listed([name_of(one) for one in subjects])


def user() -> str:
    """Whoever decides, by the name that the machine knows them by."""
    return getuser()
