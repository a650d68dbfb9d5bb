"""Log codes, metric names and the logger. Codes and keys are logged, contents never."""

from collections.abc import Callable
from enum import Enum, StrEnum
from logging import ERROR, INFO, WARNING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "SitecoreKashflow"

logger = Logger(service="sitecore-kashflow", location=None)
metrics = Metrics(service="sitecore-kashflow", namespace=NAMESPACE)


def name_service(service: str) -> None:
    """Name the stack in logs and metrics, so that several in one account do not fire each other's alarms."""
    logger.thread_safe_append_keys(service=service)
    metrics.service = service


class Metric(StrEnum):
    """What is counted; docs/runbook.md says what each means."""

    EVENTS_RECEIVED = "EventsReceived"
    EVENTS_IGNORED = "EventsIgnored"
    EVENTS_REJECTED = "EventsRejected"
    RUNS_STARTED = "RunsStarted"
    RUNS_HELD_BACK = "RunsHeldBack"
    ORDERS_WAITING = "OrdersWaiting"
    ORDERS_SHADOWED = "OrdersShadowed"
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
    RULES_MISSING = "RulesMissing"
    AWS_REFUSED = "AwsRefused"
    REPORTS_FAILED = "ReportsFailed"
    SWEEPS_BEGUN = "SweepsBegun"
    LONGEST_WAIT = "LongestWait"
    DAYS_WITHOUT_EVIDENCE = "DaysWithoutEvidence"
    DUPLICATES_FOUND = "DuplicatesFound"
    VAT_ROUNDED_DOWN = "VatRoundedDown"
    DUPLICATE_WATCH_LATE = "DuplicateWatchLate"
    BOOKS_DIFFER = "BooksDiffer"
    RECONCILIATION_LATE = "ReconciliationLate"


class LogCode(Enum):
    """What is logged: each code with its level and its text. docs/runbook.md says what to do about each."""

    EVENT_QUEUED = (INFO, "An event was put on the queue.")
    EVENT_IGNORED = (INFO, "An event does not concern the books.")
    EVENT_UNREADABLE = (WARNING, "An event concerns an order, but its id cannot be read.")
    EVENT_REJECTED = (WARNING, "A request was rejected.")
    RUN_STARTED = (INFO, "A run of the workflow was started.")
    RUN_JOINED = (INFO, "A run that is already under way will deal with the event.")
    SLOT_TAKEN_BACK = (WARNING, "A run had ended without giving its slot back; another run may have it.")
    HINT_SERVED = (INFO, "A run that began after this hint came has dealt with it.")
    HINT_PUT_BACK = (INFO, "No run may start yet; the hint waits on its queue.")
    RUN_REPLACED = (WARNING, "A run had ended without releasing its subject; a new run replaces it.")
    ORDER_UNKNOWN = (INFO, "Sitecore has no order of this id for us, and it was never seen submitted.")
    ORDER_NOT_DUE = (INFO, "The order does not belong in the books yet.")
    ORDER_SHADOWED = (INFO, "An order was worked out and not posted, because the bridge is not live for it.")
    CUSTOMER_CREATED = (INFO, "A customer was created in KashFlow.")
    CUSTOMER_UPDATED = (INFO, "A customer was brought up to date in KashFlow.")
    CUSTOMER_GONE = (WARNING, "KashFlow no longer has a customer under the code that the bridge knows.")
    DOCUMENT_POSTED = (INFO, "A document was posted.")
    DOCUMENT_ADOPTED = (WARNING, "A document that was already in the books was adopted.")
    NUMBER_CHANGED = (WARNING, "KashFlow gave a document a different number from the one asked for.")
    VAT_AMOUNTS_SEEN = (INFO, "An invoice has shown what KashFlow does with the VAT of a line.")
    NUMBER_TAKEN = (WARNING, "A reserved number belongs to another document.")
    ORDER_SETTLED = (INFO, "Everything else that the plan held for an order was posted.")
    STATUS_REPORTED = (INFO, "What became of an order was written on it in Sitecore.")
    SUBJECT_PARKED = (WARNING, "A subject was parked: it waits for a person.")
    REPORT_FAILED = (WARNING, "The status could not be written to Sitecore; it will be written later.")
    SHOPS_TOLD = (INFO, "Shops were told of orders that they had not heard of.")
    SWEEP_DONE = (INFO, "A sweep looked for changed orders.")
    ROWS_UNREADABLE = (WARNING, "A list in Sitecore has rows without an id that can be read; the others go on.")
    SWEEP_CUT_SHORT = (WARNING, "A system cut the sweep short; the next one continues from there.")
    BACKFILL_DONE = (INFO, "Some pages of the backfill were read.")
    SECOND_LOOK_DONE = (INFO, "Unfinished orders were put on the queue again.")
    PAYOUT_ROWS_READ = (INFO, "Rows of a payout file were read.")
    PAYOUTS_IMPORTED = (INFO, "The payouts of a file were taken.")
    PAYOUT_BOOKED = (INFO, "A payout was booked.")
    PEOPLE_NOTIFIED = (INFO, "People were told what there was to tell.")
    WATCH_DONE = (INFO, "The duplicate watch has checked KashFlow.")
    WATCH_CUT_SHORT = (WARNING, "KashFlow cut a check for duplicates short; the next one continues from there.")
    RECONCILIATION_DONE = (INFO, "The books and the shop were compared, as far as there was time.")
    RECONCILIATION_CUT_SHORT = (
        WARNING,
        "A system cut a comparison of the books short; the next call goes on from there.",
    )
    RULES_MISSING = (WARNING, "AppConfig no longer has the rules; those that were last in force apply.")
    STEP_HELD_BACK = (INFO, "A call had to wait for its turn; the step is tried again soon.")
    STEP_FAILED = (WARNING, "A step failed and will be tried again.")
    STEP_STOPPED = (WARNING, "A step cannot continue without a person.")
    STEP_BROKEN = (ERROR, "A step failed in an unexpected way: please report it as a defect.")

    @property
    def level(self) -> int:
        """A level of the `logging` module."""
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]


def count(metric: Metric | None, number: int = 1) -> None:
    """Add to a metric of this invocation, if there is one."""
    if metric is not None:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=number)


def measure_seconds(metric: Metric, seconds: float) -> None:
    """Record a length of time."""
    metrics.add_metric(name=metric, unit=MetricUnit.Seconds, value=seconds)


_WRITERS: dict[int, Callable[..., None]] = {INFO: logger.info, WARNING: logger.warning, ERROR: logger.error}


def note(code: LogCode, /, **keys: object) -> None:
    """Write one line to the log: the code, its text, and some keys."""
    _WRITERS[code.level](code.text, extra={"code": code.name} | {name: str(value) for name, value in keys.items()})
