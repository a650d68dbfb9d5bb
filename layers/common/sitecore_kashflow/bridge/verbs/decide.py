"""`retry`, `abandon` and `reopen`: what a person decides about orders that wait, one by one or all of one cause."""

from argparse import Namespace
from collections.abc import Callable
from getpass import getuser

from botocore.exceptions import BotoCoreError, ClientError

from ...errors import BridgeError, PermanentError
from ...runs.records import PARKED
from ...runs.subject import Subject
from ..desk import Desk
from ..names import name_of
from ..outcome_values import Decision, Decisions


def retry(asked: Namespace, desk: Desk) -> Decisions:
    """Let parked orders carry on."""
    subjects = _subjects(asked, desk)
    if asked.cause:
        desk.person.confirm(f"Retry {_counted(subjects)} parked with {asked.cause}?")
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return _each(subjects, desk, lambda subject: decisions.resume(subject, now(), afresh=asked.afresh))


def abandon(asked: Namespace, desk: Desk) -> Decisions:
    """Leave orders alone, for a reason that the ledger keeps."""
    subjects = _subjects(asked, desk)
    whose = f"{_counted(subjects)} parked with {asked.cause}" if asked.cause else _counted(subjects)
    desk.person.confirm(f"Leave {whose} alone from now on?")
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return _each(subjects, desk, lambda subject: decisions.abandon(subject, asked.why, now(), by=getuser()))


def reopen(asked: Namespace, desk: Desk) -> Decisions:
    """Let abandoned orders go on from the beginning."""
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return _each(list(asked.orders), desk, lambda subject: decisions.reopen(subject, now()))


def _subjects(asked: Namespace, desk: Desk) -> list[Subject]:
    """Those that were named, or all that are parked with a cause."""
    if not asked.cause:
        return list(asked.orders)
    parked = [one.subject for one in desk.wiring.runs.in_state(PARKED) if one.parking.code == asked.cause]
    if not parked:
        raise PermanentError("NONE_PARKED", f"No order is parked with {asked.cause}. `bridge list` shows the causes.")
    return parked


def _each(subjects: list[Subject], desk: Desk, decide: Callable[[Subject], str]) -> Decisions:
    """Each by itself: one that is refused keeps none of the others from being done."""
    return Decisions(tuple(_decision(one, decide) for one in desk.person.watch("Deciding", subjects)))


def _decision(subject: Subject, decide: Callable[[Subject], str]) -> Decision:
    try:
        return Decision(name_of(subject), decide(subject))
    except BridgeError as error:
        return Decision(name_of(subject), error.words, error.code)
    except (BotoCoreError, ClientError) as error:
        return Decision(name_of(subject), f"{name_of(subject)}: {error}", "AWS")


def _counted(subjects: list[Subject]) -> str:
    return name_of(subjects[0]) if len(subjects) == 1 else f"{len(subjects)} orders"
