"""Every subject's record: which run holds it, which events have come, what it waits for. One `STATE` item for each.

| pk                       | sk             | holds                                                           |
|--------------------------|----------------|-----------------------------------------------------------------|
| `ORDER#ordercloud:<id>`  | `STATE`        | named state, run and lease, parking, digests of reports         |
|                          | `SNAPSHOT#…`   | the order as understood, compressed, in parts                   |
|                          | `DOCUMENT#…`   | a document in the books (`documents.store`)                     |
|                          | `EVENT#…`      | an event that cannot be read again (`runs.kept_events`)         |
| `CUSTOMER#<key>`         | `LINK`         | the KashFlow code of a customer (`books.kashflow.customer_links`)   |
| `SLOTS`                  | `CURRENT`      | which subjects have a run under way (`runs.slots`)              |
| `ACCESS#<system>`        | `CURRENT`      | turns, pauses and session (`calls.access`)                      |
| `ACCOUNT#KASHFLOW`       | `LISTS`        | KashFlow's own lists (`books.kashflow.account_lists`)           |
|                          | `VAT`          | what KashFlow does with a line's VAT (`books.kashflow.account_lists`) |
| `SWEEP#<name>`           | `CURSOR`       | how far a scan of a list has got (`runs.cursors`)               |
| `DUPLICATES`             | `WATCH`, `PART#…` | references seen in KashFlow (`documents.duplicate_store`)    |
| `RECONCILIATION`         | `PASS`, `MONTH#…` | the books compared with the shop (`reconciliation.store`)    |
| `MONTH_END`              | `<month>#…`    | what people have said of a month (`reconciliation.closing_store`) |
| `NUMBERS#INVOICE`        | `LAST`         | the last invoice number reserved (`documents.numbers`)          |

Fencing: every write of a step is conditional on its run still holding the subject, and on its attempt being the one
that began last (`begin_step`). A run that is over cannot write (`SupersededError`), nor can an attempt that timed out
and resumes late (`RetryableError`). No run gives an abandoned subject another state, or begins to post for it. Moments
are aware UTC.
"""

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from ..errors import (
    BridgeError,
    HeldBackError,
    OutcomeUnknownError,
    RetryableError,
    SupersededError,
)
from ..tables.items import moment_text
from ..tables.parts import write_parts
from .reading import SubjectReader
from .records import (
    ABANDONED,
    AWAITS_ATTRIBUTES,
    PARKED,
    PARKING_ATTRIBUTES,
    RECEIVED,
    STATE_NAME,
    WAIT_ATTRIBUTES,
    Job,
    Parking,
    SubjectRecord,
    record_of,
    report_attribute,
    state_key,
)
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KEEP_YEARS = 7
"""How long what a plan has understood is kept, unless the settings say otherwise."""
_SURELY_SEEN_AFTER, _NEVER = timedelta(seconds=10), "9"
"""A run that is opened so long after an event was received reads what the event tells of."""
_IS_OURS = "run = :our_run AND is_open = :open AND attempt = :our_attempt"
_IS_OURS_TO_ACT_ON = f"{_IS_OURS} AND #state <> :abandoned"
_SET_STATE = "SET #state = :state, updated_at = :now"
_RELEASE = f"SET is_open = :no REMOVE execution_arn, {WAIT_ATTRIBUTES}"


class Runs(SubjectReader):
    """All reads and writes of subjects' records.

    What plans have understood is evidence of a sale, and is kept for so many years beyond the present one.
    """

    def __init__(self, table: "Table", keep_years: int = KEEP_YEARS) -> None:
        super().__init__(table)
        self._keep_years = keep_years

    def keeping(self, least_years: int) -> Self:
        """The same, for what must be kept for so many years, whatever the settings say."""
        other = copy(self)
        other._keep_years = max(self._keep_years, least_years)
        return other

    # --- events and runs ---------------------------------------------------------------------------------

    def note_event(self, subject: Subject, now: datetime, received_at: datetime | None = None) -> SubjectRecord | None:
        """Count an event of this subject. It is never lost: a run serves it, or goes round again for it.

        None for one that waited so long since `received_at` that a later run has served it, and is over.
        """
        seen_at = moment_text(received_at + _SURELY_SEEN_AFTER) if received_at else _NEVER
        item = self._items.update(
            state_key(subject),
            "SET #state = if_not_exists(#state, :received), updated_at = if_not_exists(updated_at, :now) "
            "ADD events :one",
            {":received": RECEIVED, ":now": moment_text(now), ":one": 1, ":seen_at": seen_at, ":yes": True},
            names=STATE_NAME,
            condition="attribute_not_exists(run_opened_at) OR run_opened_at < :seen_at OR is_open = :yes "
            "OR ledger_may_be_behind = :yes",
        )
        return None if item is None else record_of(item)

    def open_run(self, subject: Subject, now: datetime, attempt: str = "") -> SubjectRecord:
        """Claim the subject for a new run, if no run holds it. The returned record says which run holds it now.

        A worker that is its own run gives its `attempt`, and knows by it that the run is its own.
        """
        clause, values = " REMOVE execution_arn, attempt", dict[str, Any]()
        if attempt:
            clause, values = ", attempt = :attempt REMOVE execution_arn", {":attempt": attempt}
        item = self._items.update(
            state_key(subject),
            f"SET is_open = :yes, run_opened_at = :now{clause} ADD run :one",
            {":yes": True, ":no": False, ":now": moment_text(now), ":one": 1} | values,
            condition="attribute_not_exists(is_open) OR is_open = :no",
        )
        return self.record(subject) if item is None else record_of(item)

    def note_started(self, subject: Subject, run: int, execution_arn: str) -> None:
        """Record that the workflow of this run has started, unless the run is over already."""
        self._update_run(subject, run, "SET execution_arn = :arn", {":arn": execution_arn})

    def begin_step(self, job: Job) -> SubjectRecord:
        """Claim the subject for this attempt; from now on no earlier attempt of the run can write.

        Raises `SupersededError` if the run no longer holds the subject, `RetryableError` if a later attempt has begun.
        """
        item = self._items.update(
            state_key(job.subject),
            "SET attempt = :attempt",
            {":attempt": job.attempt, ":run": job.run, ":yes": True},
            condition="run = :run AND is_open = :yes AND (attribute_not_exists(attempt) OR attempt <= :attempt)",
        )
        if item is None:
            raise self._refusal(job)
        return record_of(item)

    def end_run(self, job: Job) -> bool:
        """Release the subject. False if the run must go round again, because an event came that no plan has served."""
        item = self._items.update(
            state_key(job.subject),
            _RELEASE,
            _ours(job) | {":no": False},
            condition=f"{_IS_OURS} AND events = served",
        )
        if item is not None:
            return True
        run = self.record(job.subject).run
        if (run.number, run.attempt) != (job.run, job.attempt):
            raise self._refusal(job)
        return not run.is_open

    def release(self, job: Job) -> None:
        """Release the subject, whatever came meanwhile. It is parked without a run; the next event starts one."""
        self._update_run(job.subject, job.run, _RELEASE, {":no": False})

    def give_up_run(self, subject: Subject, run: int) -> None:
        """Release the subject of a dead run, whatever came meanwhile. Nothing happens if the run no longer holds it.

        If the ledger was restored to an earlier time, only the books may know what the run did: from now on a document
        without an entry is looked for before it is posted.
        """
        self._update_run(
            subject,
            run,
            f"SET is_open = :no, ledger_may_be_behind = :yes REMOVE execution_arn, {WAIT_ATTRIBUTES}",
            {":no": False, ":yes": True},
        )

    # --- states and parking ------------------------------------------------------------------------------

    def commit_plan(self, job: Job, state: str, *, served: int, now: datetime, snapshot: bytes | None = None) -> None:
        """Record what a plan understood: the subject's state, the events served, and the subject itself."""
        clause, values = "", {":state": state, ":now": moment_text(now), ":served": served}
        if snapshot is not None:
            parts = write_parts(
                lambda item: self.write_fenced(job, {"Put": {"Item": item | {"written_at": moment_text(now)}}}),
                job.subject.pk,
                "SNAPSHOT",
                snapshot,
                datetime(now.year + self._keep_years + 1, 1, 1, tzinfo=UTC),
            )
            clause = ", snapshot_name = :name, snapshot_parts = :parts"
            values |= {":name": parts.name, ":parts": parts.count}
        leaves = f"{PARKING_ATTRIBUTES}, {WAIT_ATTRIBUTES}, is_resumed"
        self._change_state(job, f"{_SET_STATE}, served = :served{clause} REMOVE {leaves}", values)

    def note_reason(self, job: Job, error: BridgeError) -> None:
        """Record why a subject could not be worked out, although nobody is asked to do anything about it."""
        values = {":code": error.code, ":reason": error.words}
        self._update_fenced(job, "SET reason_code = :code, reason = :reason", values)

    def note_asks(self, job: Job, asks: Mapping[str, str]) -> None:
        """Record what a person is about to be asked to approve, in words by key."""
        self._update_fenced(job, "SET asks = :asks", {":asks": dict(asks)})

    def note_served(self, job: Job, served: int) -> None:
        """Record that events up to `served` are served; nothing else about the subject changes."""
        self._update_fenced(job, "SET served = :served", {":served": served})

    def set_state(self, job: Job, state: str, now: datetime) -> None:
        """Set the subject's state; it no longer waits for a person."""
        values = {":state": state, ":now": moment_text(now)}
        self._change_state(job, f"{_SET_STATE} REMOVE {PARKING_ATTRIBUTES}, {WAIT_ATTRIBUTES}", values)

    def park(self, job: Job, parking: Parking, now: datetime) -> None:
        """Let the subject wait for a person, who reads the reason; the token lets the run carry on at the step."""
        self._change_state(
            job,
            f"{_SET_STATE}, parked_from = if_not_exists(parked_from, #state), parked_step = :step, "
            f"reason_code = :code, reason = :reason, task_token = :token REMOVE {WAIT_ATTRIBUTES}",
            {
                ":state": PARKED,
                ":step": parking.step,
                ":code": parking.code,
                ":reason": parking.reason,
                ":token": parking.token,
                ":now": moment_text(now),
            },
        )

    def note_wait(self, job: Job, error: RetryableError | OutcomeUnknownError, now: datetime) -> None:
        """Record what the subject waits for, and since when: a step of its run has failed and will be tried again.

        A call that was merely held back says less than the failure before it, and does not replace that.
        """
        code, words = ":code", ":words"
        if isinstance(error, HeldBackError):
            code, words = "if_not_exists(wait_code, :code)", "if_not_exists(wait_words, :words)"
        self._update_fenced(
            job,
            "SET waits_as = :kind, waits_since = if_not_exists(waits_since, :now), "
            f"wait_code = {code}, wait_words = {words}",
            {":kind": job.subject.kind, ":now": moment_text(now), ":code": error.code, ":words": error.words},
        )

    def note_awaits(self, job: Job, words: str, now: datetime) -> None:
        """Record what the subject's plan lacks, and since when it has lacked something; empty words if nothing."""
        if words:
            values = {":words": words, ":now": moment_text(now)}
            self._update_fenced(job, "SET awaits = :words, awaits_since = if_not_exists(awaits_since, :now)", values)
        else:
            self._update_fenced(job, f"REMOVE {AWAITS_ATTRIBUTES}", {})

    def note_report(self, job: Job, audience: str, digest: str) -> None:
        """Record the digest of a report of the present state that an audience has heard."""
        names = {"#report": report_attribute(audience)}
        self._update_fenced(job, "SET #report = :digest, told_of = updated_at", {":digest": digest}, names=names)

    def note_told(self, record: SubjectRecord, audience: str, digest: str) -> bool:
        """The same for a subject that is left to a person. False if it has come into another state meanwhile."""
        item = self._items.update(
            state_key(record.subject),
            "SET #report = :digest, told_of = updated_at",
            {":digest": digest, ":since": record.state_since},
            condition="updated_at = :since",
            names={"#report": report_attribute(audience)},
        )
        return item is not None

    # --- fencing -----------------------------------------------------------------------------------------

    def write_fenced(self, job: Job, *writes: Mapping[str, Any], is_intent: bool = False) -> None:
        """Write other items of the subject, in one transaction with the check that this attempt still holds it.

        An intent to act is not written for an abandoned subject.
        """
        check: dict[str, Any] = {
            "Key": state_key(job.subject),
            "ConditionExpression": _IS_OURS,
            "ExpressionAttributeValues": _ours(job),
        }
        if is_intent:
            check |= {
                "ConditionExpression": _IS_OURS_TO_ACT_ON,
                "ExpressionAttributeValues": _ours(job) | {":abandoned": ABANDONED},
                "ExpressionAttributeNames": STATE_NAME,
            }
        if not self._items.write_together(check, *writes):
            raise self._refusal(job)

    def _change_state(self, job: Job, expression: str, values: dict[str, Any]) -> None:
        """Update the subject's record while this attempt holds it, unless a person has abandoned it."""
        values = values | {":abandoned": ABANDONED}
        self._update_fenced(job, expression, values, condition=_IS_OURS_TO_ACT_ON, names=STATE_NAME)

    def _update_fenced(
        self,
        job: Job,
        expression: str,
        values: dict[str, Any],
        *,
        condition: str = _IS_OURS,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Update the subject's record while this attempt holds it."""
        values = _ours(job) | values
        if self._items.update(state_key(job.subject), expression, values, condition=condition, names=names) is None:
            raise self._refusal(job)

    def _update_run(self, subject: Subject, run: int, expression: str, values: dict[str, Any]) -> None:
        """Update the subject's record if the run still holds it, whichever attempt is at work."""
        self._items.update(
            state_key(subject),
            expression,
            {":our_run": run, ":open": True} | values,
            condition="run = :our_run AND is_open = :open",
        )

    def _refusal(self, job: Job) -> BridgeError:
        """Why this attempt may no longer write."""
        record = self.record(job.subject)
        run = record.run
        if run.is_open and run.number == job.run and record.state != ABANDONED:
            return RetryableError("ATTEMPT_SUPERSEDED", f"A later attempt of run {job.run} works on {job.subject.key}.")
        return SupersededError(job.subject.key, job.run)


def _ours(job: Job) -> dict[str, Any]:
    """The values of `_IS_OURS`."""
    return {":our_run": job.run, ":open": True, ":our_attempt": job.attempt}
