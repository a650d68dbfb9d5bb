"""Log codes, metric names and the one logger. Codes and keys are logged, contents never."""

from collections.abc import Callable
from enum import Enum, StrEnum
from logging import ERROR, INFO, WARNING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "SitecoreKashflow"

logger = Logger(service="sitecore-kashflow", location=None)
metrics = Metrics(service="sitecore-kashflow", namespace=NAMESPACE)


def name_service(service: str) -> None:
    """Logs and metrics are of this stack: several in one account do not set off each other's alarms."""
    logger.thread_safe_append_keys(service=service)
    metrics.service = service


class Metric(StrEnum):
    """What is counted; docs/runbook.md says what each means."""

    EVENTS_RECEIVED = "EventsReceived"
    EVENTS_IGNORED = "EventsIgnored"
    EVENTS_REJECTED = "EventsRejected"
    RUNS_STARTED = "RunsStarted"
    ORDERS_WAITING = "OrdersWaiting"
    CUSTOMERS_CREATED = "CustomersCreated"
    CUSTOMERS_UPDATED = "CustomersUpdated"
    INVOICES_CREATED = "InvoicesCreated"
    INVOICES_ADOPTED = "InvoicesAdopted"
    PAYMENTS_RECORDED = "PaymentsRecorded"
    STATUSES_REPORTED = "StatusesReported"
    ORDERS_PARKED = "OrdersParked"
    OUTCOMES_UNKNOWN = "OutcomesUnknown"
    CALLS_HELD_BACK = "CallsHeldBack"
    PAUSES_ASKED_FOR = "PausesAskedFor"
    SYSTEMS_AWAY = "SystemsAway"
    CREDENTIALS_REFUSED = "CredentialsRefused"
    REPORTS_FAILED = "ReportsFailed"
    DUPLICATES_FOUND = "DuplicatesFound"
    DUPLICATE_WATCH_LATE = "DuplicateWatchLate"


class LogCode(Enum):
    """What is logged: each code with its level and its text. docs/runbook.md says what to do about each."""

    EVENT_QUEUED = (INFO, "An event was put on the queue.")
    EVENT_IGNORED = (INFO, "An event concerns nothing that is kept in the books.")
    EVENT_REJECTED = (WARNING, "A request was turned away.")
    RUN_STARTED = (INFO, "A run of the workflow was started.")
    RUN_JOINED = (INFO, "A run that is under way will serve the event.")
    RUN_REPLACED = (WARNING, "A run was over without having let its subject go; another takes its place.")
    ORDER_NOT_DUE = (INFO, "The order is not due for the books.")
    CUSTOMER_CREATED = (INFO, "A customer was created in KashFlow.")
    CUSTOMER_UPDATED = (INFO, "A customer was brought up to date in KashFlow.")
    DOCUMENT_POSTED = (INFO, "A document was posted.")
    DOCUMENT_ADOPTED = (WARNING, "A document that stood already was taken over.")
    NUMBER_CHANGED = (WARNING, "KashFlow gave a document another number than was asked for.")
    NUMBER_TAKEN = (WARNING, "A reserved number was somebody else's.")
    ORDER_SETTLED = (INFO, "Everything that the plan still held for an order was posted.")
    STATUS_REPORTED = (INFO, "Sitecore was told what became of an order.")
    SUBJECT_PARKED = (WARNING, "A subject waits for a person.")
    REPORT_FAILED = (WARNING, "Sitecore could not be told; it will be told later.")
    SWEEP_DONE = (INFO, "A sweep looked for orders that changed.")
    BACKFILL_DONE = (INFO, "A page of the backfill was read.")
    SECOND_LOOK_DONE = (INFO, "Unfinished orders were put on the queue once more.")
    WATCH_DONE = (INFO, "The duplicate watch has looked at KashFlow.")
    WATCH_CUT_SHORT = (WARNING, "KashFlow ended a look of the duplicate watch; the next one goes on there.")
    STEP_HELD_BACK = (INFO, "It was not this call's turn; it is tried again soon.")
    STEP_FAILED = (WARNING, "A step failed and is tried again.")
    STEP_STOPPED = (WARNING, "A step cannot go on without a person.")
    STEP_BROKEN = (ERROR, "A step failed in a way that nobody foresaw: please report it as a defect.")

    @property
    def level(self) -> int:
        """As the `logging` module counts levels."""
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]


def count(metric: Metric | None, number: int = 1) -> None:
    """Add to a metric of this invocation; nothing is counted where there is no metric."""
    if metric is not None:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=number)


_WRITERS: dict[int, Callable[..., None]] = {INFO: logger.info, WARNING: logger.warning, ERROR: logger.error}


def note(code: LogCode, /, **keys: object) -> None:
    """One line in the log: the code, its text, and some keys."""
    _WRITERS[code.level](code.text, extra={"code": code.name} | {name: str(value) for name, value in keys.items()})
