"""What is kept in the ledger's table."""

from typing import TYPE_CHECKING

from ...runs.runs import Runs
from ..settings import LedgerSettings, read_settings
from ..wiring import Wiring

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def table(wiring: Wiring) -> "Table":
    found: Table = wiring.aws.resource("dynamodb").Table(read_settings(LedgerSettings).ledger_table_name)
    return found


def runs(wiring: Wiring) -> Runs:
    return Runs(wiring.table, read_settings(LedgerSettings).keep_years)
