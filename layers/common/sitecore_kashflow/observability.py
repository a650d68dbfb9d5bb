"""Log codes, metric names and the one logger. Codes and keys are logged, contents never."""

from enum import StrEnum

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


def count(metric: Metric, number: int = 1) -> None:
    """Add to a metric of this invocation."""
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=number)


def note(event: str, /, **keys: object) -> None:
    """One line in the log: a code and some keys."""
    logger.info(event, extra={name: str(value) for name, value in keys.items()})
