"""`undo` and `redo`: bring what was posted for orders to nothing by credit notes, and post it again by other rules."""

from argparse import Namespace
from collections.abc import Iterator

from ...canonical.money import ZERO
from ...canonical.states import OrderState
from ...documents.entry import Entry
from ...errors import PermanentError
from ...runs.records import Undone
from ...runs.subject import Subject
from ..desk import Desk
from ..names import name_of
from ..outcome_values import Decisions, Undoing, UndoneOrder
from ..values import Money
from .decide import each, names_of, user

_POSTED = (OrderState.INVOICED, OrderState.PAID)


def undo(asked: Namespace, desk: Desk) -> Undoing:
    """Say what it would come to; then ask, and do it. Nothing is done of what would be parked."""
    subjects = list(asked.orders) or list(_posted(asked, desk))
    if not subjects:
        raise PermanentError("NONE_POSTED", "No order was posted by those rules, or on those days.")
    foreseen = [_foreseen(one, desk) for one in desk.person.watch("Looking", subjects)]
    if asked.dry_run:
        return Undoing(tuple(foreseen), is_dry_run=True)
    able = [subject for subject, one in zip(subjects, foreseen, strict=True) if not one.code]
    if able:
        sums = ", ".join(
            f"{one.order} {one.credited.amount} {one.credited.currency}" for one in foreseen if one.credited
        )
        desk.person.confirm(f"Undo {names_of(able)} ({sums})?")
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    done = each(able, desk, lambda subject: decisions.undo(subject, asked.why, now(), by=user()))
    return Undoing(tuple(foreseen), done.decisions)


def redo(asked: Namespace, desk: Desk) -> Decisions:
    """Post what was undone once more, by the rules in force."""
    now, decisions = desk.wiring.clock, desk.wiring.decisions
    return each(list(asked.orders), desk, lambda subject: decisions.redo(subject, now()))


def _posted(asked: Namespace, desk: Desk) -> Iterator[Subject]:
    """The orders that have a document by these rules, or of these days, and were not undone."""
    records = [one for state in _POSTED for one in desk.wiring.runs.in_state(state, kind="order")]
    for record in desk.person.watch("Reading", records):
        entries = desk.wiring.documents.of(record.subject)
        if not record.undone.at and any(_is_meant(one, asked) for one in entries):
            yield record.subject


def _is_meant(entry: Entry, asked: Namespace) -> bool:
    if not entry.standing or (asked.version and entry.rules_version != asked.version):
        return False
    day = entry.days.issued if entry.days else None
    if asked.from_day is None:
        return True
    return day is not None and asked.from_day <= day <= (asked.to_day or day)


def _foreseen(subject: Subject, desk: Desk) -> UndoneOrder:
    """What undoing an order would come to, or why it cannot be."""
    at = desk.wiring.clock().isoformat()
    seen = desk.wiring.previewer.preview(subject, desk.wiring.rules_source(), undone=Undone(at=at))
    if seen.reason:
        return UndoneOrder(name_of(subject), code=seen.reason.code, words=seen.reason.words)
    notes = [one.intent.entry for one in seen.documents if one.intent.entry.figures.gross < 0]
    if not notes:
        return UndoneOrder(name_of(subject), code="NOTHING_TO_UNDO", words="The books hold nothing for it.")
    figures = notes[-1].figures
    taken_back = -sum(notes[-1].carried.values(), ZERO)
    return UndoneOrder(
        name_of(subject),
        document=notes[-1].reference,
        credited=Money(figures.gross, figures.currency),
        taken_back=Money(taken_back, figures.currency),
    )
