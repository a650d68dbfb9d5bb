"""What is known about a subject and its run. Moments are ISO texts in UTC, which compare as moments do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..tables.items import Item
from ..tables.parts import Parts
from .subject import Subject, subject_of

RECEIVED, PARKED, ABANDONED = "received", "parked", "abandoned"
"""The states that belong to runs. All others are defined by the subject's own kind."""

LAST_ATTEMPT = "~"
"""Greater than every attempt of a step: once a run has ended, none of its workers may write."""

_REPORT = "report_"
PARKING_ATTRIBUTES = "task_token, parked_step, parked_from, reason_code, reason"
WAIT_ATTRIBUTES = "waits_as, waits_since, wait_code, wait_words"
AWAITS_ATTRIBUTES = "awaits_since, awaits"
STATE_NAME = {"#state": "state"}


@dataclass(frozen=True)
class Job:
    """What the workflow passes to each step: a subject, and the run that holds it.

    `is_backfill`: background work, which lets new subjects go first; `is_asked_for`: by a person's backfill. `attempt`
    tells the workers of a run apart: each try of a step has a greater one than all before it.
    """

    subject: Subject
    run: int
    correlation_id: str
    is_backfill: bool = False
    attempt: str = ""
    is_asked_for: bool = False


@dataclass(frozen=True)
class Run:
    """The lease: run `number` holds the subject while it `is_open`."""

    number: int = 0
    is_open: bool = False
    opened_at: str = ""
    attempt: str = ""
    execution_arn: str = ""


@dataclass(frozen=True)
class Parking:
    """Why a subject waits for a person. `previous_state` is its state before; `token` lets its run carry on at `step`.

    For an abandoned subject, only the person's reason and name (`by`) are kept, and the token until it is used.
    """

    step: str = ""
    code: str = ""
    reason: str = ""
    token: str = ""
    previous_state: str = ""
    by: str = ""


@dataclass(frozen=True)
class Wait:
    """What a subject waits for since its step began to fail: the last failure's code and words, which may be shown."""

    since: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Awaits:
    """What must happen in the shop before the subject's plan can go on, in words, and since when that is missing."""

    since: str = ""
    words: str = ""


@dataclass(frozen=True)
class Undone:
    """A person's decision that a subject's documents come to nothing: since when (ISO text), by whom and why.

    `redone_at` is when a person last decided that they are to say again what it comes to.
    """

    at: str = ""
    by: str = ""
    why: str = ""
    redone_at: str = ""


@dataclass(frozen=True)
class Approval:
    """What a person has approved of, in words; by whom, and when."""

    what: str
    by: str = ""
    at: str = ""


@dataclass(frozen=True)
class SubjectRecord:
    """Everything that runs know about a subject.

    `events` counts the events that have come, `served` those that a plan has served. `ledger_may_be_behind`: a run
    died, so the ledger may not know of everything that was done. `reports` holds a digest of the last report to each
    audience, and `told_of` is the `state_since` of the state that they last heard of. `snapshot` says where the subject
    is kept as the last plan understood it. `asks` has what a person was last asked to approve, in words, and
    `approvals` what was approved, both by a key that the plan makes. `is_resumed`: a person has let it go on since it
    was last planned. `undone` is empty unless its documents are to come to nothing.
    """

    subject: Subject
    state: str = RECEIVED
    state_since: str = ""
    events: int = 0
    served: int = 0
    run: Run = Run()
    ledger_may_be_behind: bool = False
    parking: Parking = Parking()
    wait: Wait = Wait()
    awaits: Awaits = Awaits()
    reports: Mapping[str, str] = field(default_factory=dict)
    told_of: str = ""
    snapshot: Parts | None = None
    asks: Mapping[str, str] = field(default_factory=dict)
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    is_resumed: bool = False
    undone: Undone = Undone()

    @property
    def is_told(self) -> bool:
        """Whether its audience has heard of the state that it is in."""
        return self.told_of == self.state_since


def record_of(item: Item) -> SubjectRecord:
    """The record in a `STATE` item."""
    subject = subject_of(str(item["pk"]))
    return SubjectRecord(
        subject=subject,
        state=_text(item, "state") or RECEIVED,
        state_since=_text(item, "updated_at"),
        events=int(item.get("events", 0)),
        served=int(item.get("served", 0)),
        run=Run(
            number=int(item.get("run", 0)),
            is_open=bool(item.get("is_open", False)),
            opened_at=_text(item, "run_opened_at"),
            attempt=_text(item, "attempt"),
            execution_arn=_text(item, "execution_arn"),
        ),
        ledger_may_be_behind=bool(item.get("ledger_may_be_behind", False)),
        parking=Parking(
            step=_text(item, "parked_step"),
            code=_text(item, "reason_code"),
            reason=_text(item, "reason"),
            token=_text(item, "task_token"),
            previous_state=_text(item, "parked_from"),
            by=_text(item, "decided_by"),
        ),
        wait=Wait(_text(item, "waits_since"), _text(item, "wait_code"), _text(item, "wait_words")),
        awaits=Awaits(_text(item, "awaits_since"), _text(item, "awaits")),
        reports={name.removeprefix(_REPORT): str(item[name]) for name in item if name.startswith(_REPORT)},
        told_of=_text(item, "told_of"),
        snapshot=_snapshot(item, subject),
        asks=dict(item.get("asks", {})),
        approvals={key: Approval(**one) for key, one in item.get("approvals", {}).items()},
        is_resumed=bool(item.get("is_resumed", False)),
        undone=Undone(*(_text(item, name) for name in ("undone_at", "undone_by", "undone_why", "redone_at"))),
    )


def state_key(subject: Subject) -> dict[str, str]:
    """The key of a subject's `STATE` item."""
    return {"pk": subject.pk, "sk": "STATE"}


def report_attribute(audience: str) -> str:
    """The attribute that holds the digest of the last report to an audience."""
    return f"{_REPORT}{audience}"


def _snapshot(item: Item, subject: Subject) -> Parts | None:
    if "snapshot_name" not in item:
        return None
    return Parts(subject.pk, str(item["snapshot_name"]), int(item["snapshot_parts"]))


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, ""))
