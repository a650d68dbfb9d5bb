"""What stands in the log: a code, its level, its text and keys; never contents, and never a foreign error's words."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pydantic import BaseModel, ValidationError

from sitecore_kashflow.errors import (
    BridgeError,
    CredentialsRefusedError,
    HeldBackError,
    OutcomeUnknownError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    SupersededError,
)
from sitecore_kashflow.observability import LogCode, logger, note
from sitecore_kashflow.runtime.doors.observed import by_family, log_error

SECRET = "jane@acme.example"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """The lines that are logged from now on, with the keys of no invocation."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    logger.thread_safe_clear_keys()
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


LEVELS = {
    logging.INFO: {
        "EVENT_QUEUED",
        "EVENT_IGNORED",
        "RUN_STARTED",
        "RUN_JOINED",
        "ORDER_NOT_DUE",
        "ORDER_UNKNOWN",
        "ORDER_SHADOWED",
        "CUSTOMER_CREATED",
        "CUSTOMER_UPDATED",
        "DOCUMENT_POSTED",
        "VAT_AMOUNTS_SEEN",
        "ORDER_SETTLED",
        "STATUS_REPORTED",
        "SHOPS_TOLD",
        "SWEEP_DONE",
        "BACKFILL_DONE",
        "SECOND_LOOK_DONE",
        "PAYOUT_ROWS_READ",
        "PAYOUTS_IMPORTED",
        "PAYOUT_BOOKED",
        "PEOPLE_NOTIFIED",
        "WATCH_DONE",
        "RECONCILIATION_DONE",
        "STEP_HELD_BACK",
        "HINT_PUT_BACK",
        "HINT_SERVED",
    },
    logging.WARNING: {
        "CUSTOMER_GONE",
        "EVENT_UNREADABLE",
        "ROWS_UNREADABLE",
        "EVENT_REJECTED",
        "RUN_REPLACED",
        "SLOT_TAKEN_BACK",
        "DOCUMENT_ADOPTED",
        "NUMBER_CHANGED",
        "NUMBER_TAKEN",
        "SUBJECT_PARKED",
        "REPORT_FAILED",
        "SWEEP_CUT_SHORT",
        "WATCH_CUT_SHORT",
        "RECONCILIATION_CUT_SHORT",
        "RULES_MISSING",
        "STEP_FAILED",
        "STEP_STOPPED",
    },
    logging.ERROR: {"STEP_BROKEN"},
}


def test_what_is_usual_is_info_what_somebody_may_look_at_is_a_warning_and_a_defect_is_an_error() -> None:
    assert {level: {code.name for code in LogCode if code.level == level} for level in LEVELS} == LEVELS
    assert {code.level for code in LogCode} == set(LEVELS)


def test_every_code_has_a_sentence_of_its_own_and_none_hides_another() -> None:
    assert len({code.text for code in LogCode}) == len(LogCode.__members__) == len(list(LogCode))
    for code in LogCode:
        assert code.text[0].isupper()
        assert code.text.endswith(".")


@pytest.mark.parametrize("code", LogCode, ids=lambda code: code.name)
def test_a_line_is_the_code_its_level_its_text_and_the_keys(code: LogCode, lines: Lines) -> None:
    note(code, subject="order:ordercloud:SO-1001", run=3, number=None)
    (line,) = lines()
    standing = {key: value for key, value in line.items() if key not in ("timestamp", "service")}
    assert standing == {
        "level": logging.getLevelName(code.level),
        "message": code.text,
        "code": code.name,
        "subject": "order:ordercloud:SO-1001",
        "run": "3",
        "number": "None",
    }


def test_a_line_names_no_place_in_the_source_and_keys_do_not_stay(lines: Lines) -> None:
    note(LogCode.DOCUMENT_POSTED, kind="invoice")
    note(LogCode.STATUS_REPORTED)
    first, second = lines()
    assert first["kind"] == "invoice"
    assert "kind" not in second
    assert "location" not in first


def a_client_error(code: str = "ThrottlingException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": SECRET}}, "PutItem")


def a_validation_error() -> ValidationError:
    class Customer(BaseModel):
        email: int

    with pytest.raises(ValidationError) as refused:
        Customer.model_validate({"email": SECRET})
    return refused.value


FAMILIES = [
    (HeldBackError("HELD_BACK", "w"), LogCode.STEP_HELD_BACK, "HELD_BACK"),
    (RateLimitedError("KashFlow", 12), LogCode.STEP_HELD_BACK, "RATE_LIMITED"),
    (RetryableError("NOT_REACHABLE", "w"), LogCode.STEP_FAILED, "NOT_REACHABLE"),
    (CredentialsRefusedError("CREDENTIALS_REFUSED", "w"), LogCode.STEP_FAILED, "CREDENTIALS_REFUSED"),
    (OutcomeUnknownError("OUTCOME_UNKNOWN", "w"), LogCode.STEP_FAILED, "OUTCOME_UNKNOWN"),
    (a_client_error(), LogCode.STEP_FAILED, "AWS"),
    (a_client_error("AccessDeniedException"), LogCode.STEP_STOPPED, "AWS_REFUSED"),
    (a_client_error("ResourceNotFoundException"), LogCode.STEP_STOPPED, "AWS_REFUSED"),
    (a_client_error("ValidationException"), LogCode.STEP_STOPPED, "AWS_REFUSED"),
    (EndpointConnectionError(endpoint_url=SECRET), LogCode.STEP_FAILED, "AWS"),
    (PermanentError("BUNDLE", "w"), LogCode.STEP_STOPPED, "BUNDLE"),
    (RefusedError("KashFlow", 400, "InvalidParameter", "POST /invoices"), LogCode.STEP_STOPPED, "KASHFLOW_REFUSED"),
    (SupersededError("order:ordercloud:SO-1", 4), LogCode.STEP_STOPPED, "RUN_SUPERSEDED"),
    (a_validation_error(), LogCode.STEP_STOPPED, "UNREADABLE"),
    (ValueError(SECRET), LogCode.STEP_BROKEN, "UNEXPECTED"),
    (KeyError(SECRET), LogCode.STEP_BROKEN, "UNEXPECTED"),
    (httpx.ReadTimeout(SECRET), LogCode.STEP_BROKEN, "UNEXPECTED"),
]


def raised(error: Exception) -> Exception:
    """The error as it is caught, having come through a line of this file."""
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(("error", "code", "reason"), FAMILIES, ids=lambda value: str(getattr(value, "name", "")))
def test_an_error_is_logged_by_its_family_with_reason_kind_and_place_and_without_foreign_words(
    error: Exception, code: LogCode, reason: str, lines: Lines
) -> None:
    log_error(raised(error))
    (line,) = lines()
    assert (line["code"], line["message"], line["level"]) == (code.name, code.text, logging.getLevelName(code.level))
    assert (line["reason"], line["error"]) == (reason, type(error).__name__)
    assert "unit/test_log_codes.py:" in line["place"]
    assert line["words"]
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize(("error", "code", "reason"), FAMILIES, ids=lambda value: str(getattr(value, "name", "")))
def test_an_error_leaves_a_door_as_exactly_its_family_without_foreign_words(
    error: Exception, code: LogCode, reason: str
) -> None:
    shown = by_family(raised(error))
    assert type(shown) in (PermanentError, OutcomeUnknownError, HeldBackError, RetryableError, SupersededError)
    assert shown.code == reason
    assert SECRET not in str(shown)
    if isinstance(error, BridgeError):
        assert isinstance(error, type(shown))
        assert str(shown) == str(error)
    if code is LogCode.STEP_BROKEN:
        assert type(error).__name__ in shown.words
        assert "unit/test_log_codes.py:" in shown.words
