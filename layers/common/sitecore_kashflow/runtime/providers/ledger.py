"""What is kept in the ledger's table."""

from datetime import timedelta
from typing import TYPE_CHECKING

from ...documents.ledger import Ledger
from ...documents.store import DocumentStore
from ...documents.write_window import WriteWindow
from ...runs.cursors import CursorStore
from ...runs.kept_events import KeptEvents
from ...runs.runs import Runs
from ..settings import CommitSettings, LedgerSettings, read_settings
from ..wiring import Wiring

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def table(wiring: Wiring) -> "Table":
    found: Table = wiring.aws.resource("dynamodb").Table(read_settings(LedgerSettings).ledger_table_name)
    return found


def runs(wiring: Wiring) -> Runs:
    return Runs(wiring.table)


def documents(wiring: Wiring) -> DocumentStore:
    return DocumentStore(wiring.table, wiring.runs)


def ledger(wiring: Wiring) -> Ledger:
    return Ledger(wiring.runs, wiring.documents)


def window(wiring: Wiring) -> WriteWindow:
    """How long a write of ours may still land."""
    del wiring
    settings = read_settings(CommitSettings)
    return WriteWindow(
        worker_life=timedelta(seconds=settings.step_time_limit_seconds),
        slowest_commit=timedelta(seconds=settings.commit_settle_seconds),
    )


def cursors(wiring: Wiring) -> CursorStore:
    return CursorStore(wiring.table)


def kept_events(wiring: Wiring) -> KeptEvents:
    return KeptEvents(wiring.table)
