"""What people decide about subjects: each decision is one conditional write, and is in force from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..tables.items import Items, moment_text
from .records import (
    ABANDONED,
    PARKED,
    PARKING_ATTRIBUTES,
    RECEIVED,
    STATE_NAME,
    WAIT_ATTRIBUTES,
    Approval,
    SubjectRecord,
    state_key,
)
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DecisionStore:
    """Writes decisions into the records of subjects.

    To abandon a subject, or to let it go on after that, takes it from the run that holds it: nothing of that run can be
    written any more, whatever its workers are about to do.
    """

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def note_resumed(self, record: SubjectRecord) -> None:
        """A person is about to let it go on, before its run is told. Not if it has moved on already."""
        self._items.update(
            state_key(record.subject),
            "SET is_resumed = :yes",
            {":yes": True, ":parked": PARKED},
            condition="#state = :parked",
            names=STATE_NAME,
        )

    def resume(self, record: SubjectRecord, now: datetime) -> None:
        """Its run was told to carry on: the subject is again what it was before. Not if it has moved on already."""
        self._items.update(
            state_key(record.subject),
            f"SET #state = :before, updated_at = :now REMOVE {PARKING_ATTRIBUTES}",
            {
                ":before": record.parking.previous_state or RECEIVED,
                ":now": moment_text(now),
                ":parked": PARKED,
                ":token": record.parking.token,
            },
            condition="#state = :parked AND task_token = :token",
            names=STATE_NAME,
        )

    def approve(self, record: SubjectRecord, by: str, now: datetime) -> None:
        """What the subject was parked for is approved, before its run is told. Not if it has moved on already."""
        at = moment_text(now)
        given = {key: Approval(what, by, at) for key, what in record.asks.items() if key not in record.approvals}
        self._items.update(
            state_key(record.subject),
            "SET approvals = :approvals",
            {
                ":approvals": {key: vars(one) for key, one in {**record.approvals, **given}.items()},
                ":asks": dict(record.asks),
                ":parked": PARKED,
            },
            condition="#state = :parked AND asks = :asks",
            names=STATE_NAME,
        )

    def abandon(self, subject: Subject, reason: str, by: str, now: datetime) -> bool:
        """Leave a subject alone, whatever its state. False if it was abandoned already: it keeps its first reason."""
        item = self._items.update(
            state_key(subject),
            "SET #state = :abandoned, updated_at = :now, reason = :reason, decided_by = :by, is_open = :no "
            f"REMOVE parked_step, parked_from, reason_code, execution_arn, {WAIT_ATTRIBUTES}",
            {":abandoned": ABANDONED, ":now": moment_text(now), ":reason": reason, ":by": by, ":no": False},
            condition="attribute_not_exists(#state) OR #state <> :abandoned",
            names=STATE_NAME,
        )
        return item is not None

    def reopen(self, subject: Subject, now: datetime) -> None:
        """Let an abandoned subject go on, as if it had just been received."""
        self._items.update(
            state_key(subject),
            "SET #state = :received, updated_at = :now, is_open = :no, is_resumed = :yes "
            f"REMOVE execution_arn, decided_by, {PARKING_ATTRIBUTES}",
            {":received": RECEIVED, ":abandoned": ABANDONED, ":now": moment_text(now), ":no": False, ":yes": True},
            condition="#state = :abandoned",
            names=STATE_NAME,
        )

    def undo(self, subject: Subject, why: str, by: str, now: datetime, states: Sequence[str]) -> None:
        """From now on its documents are to come to nothing. Only in one of these states, and not twice."""
        values = {f":state{place}": state for place, state in enumerate(states)}
        is_one = " OR ".join(f"#state = {name}" for name in values)
        self._items.update(
            state_key(subject),
            "SET undone_at = :now, undone_by = :by, undone_why = :why",
            {":now": moment_text(now), ":by": by, ":why": why, **values},
            condition=f"attribute_not_exists(undone_at) AND ({is_one})",
            names=STATE_NAME,
        )

    def redo(self, subject: Subject, now: datetime) -> None:
        """Its documents are to say again what it comes to."""
        self._items.update(
            state_key(subject),
            "SET redone_at = :now REMOVE undone_at, undone_by, undone_why",
            {":now": moment_text(now)},
            condition="attribute_exists(undone_at)",
        )

    def forget(self, subject: Subject) -> None:
        """Delete the record of an abandoned subject."""
        self._items.delete_if(state_key(subject), "#state = :abandoned", {":abandoned": ABANDONED}, STATE_NAME)

    def forget_token(self, subject: Subject, token: str) -> None:
        """The run that waited with this token has heard the decision."""
        self._items.update(state_key(subject), "REMOVE task_token", {":token": token}, condition="task_token = :token")
