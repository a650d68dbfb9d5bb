"""A step of the workflow: which attempt works on the job, and which errors it lets out."""

from typing import Any

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runs.records import LAST_ATTEMPT, Job
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.doors.observed import place_of
from sitecore_kashflow.runtime.doors.step import workflow_step
from tests.deployed import context


def payload(entered: str, retries: int) -> dict[str, Any]:
    """What the workflow gives a step."""
    subject = {"kind": "order", "source": "ordercloud", "id": "SO-1"}
    return {
        "job": {"subject": subject, "run": 3, "correlation_id": "corr-1", "is_backfill": False},
        "attempt": {"entered": entered, "retries": retries},
    }


def job_of(event: dict[str, Any]) -> Job:
    """The job that the step is given."""
    jobs: list[Job] = []

    def handle(_: dict[str, Any], job: Job) -> dict[str, Any]:
        jobs.append(job)
        return {}

    workflow_step(handle)(event, context("prepare_order"))  # type: ignore[arg-type]
    return jobs[0]


def test_each_try_of_a_step_is_a_later_attempt_than_all_before_it() -> None:
    tries = [
        payload("2026-11-20T09:00:01.000Z", 0),
        payload("2026-11-20T09:00:01.000Z", 1),
        payload("2026-11-20T09:00:01.000Z", 2),
        payload("2026-11-20T09:00:01.000Z", 10),
        payload("2026-11-20T09:00:01.001Z", 0),
    ]
    attempts = [job_of(event).attempt for event in tries]
    assert attempts == sorted(set(attempts))
    assert attempts[-1] < LAST_ATTEMPT


def test_job_that_travelled_is_the_one_that_the_run_was_started_with() -> None:
    job = job_of(payload("2026-11-20T09:00:01.000Z", 0))
    assert (job.subject, job.run, job.correlation_id) == (Subject("order", "ordercloud", "SO-1"), 3, "corr-1")


@pytest.mark.parametrize(
    "broken",
    [
        {"job": {"subject": {"kind": "order", "source": "ordercloud", "id": "SO 1"}}},
        {"job": {"order_id": "SO-1"}},
        {"job": None},
        {"attempt": {"entered": "yesterday", "retries": 0}},
        {"attempt": {}},
        {"detail": {"input": "not JSON"}},
        {"detail": {"input": '{"job": {}}'}},
    ],
)
def test_job_that_cannot_be_read_is_called_a_bad_job_and_not_a_defect(broken: dict[str, Any]) -> None:
    with pytest.raises(PermanentError, match=r"^\[BAD_JOB\] .* stop this run"):
        job_of(payload("2026-11-20T09:00:01.000Z", 0) | broken)


def test_place_of_an_error_is_in_files_that_there_are() -> None:
    with pytest.raises(ValueError, match="1 to 100") as refusal:
        Subject("order", "ordercloud", "SO 1")
    assert "string" not in place_of(refusal.value)
    assert place_of(refusal.value).startswith("runs/subject.py:")
