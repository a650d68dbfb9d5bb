"""What every kind of document in KashFlow needs."""

from dataclasses import dataclass

from ...documents.numbers import InvoiceNumbers
from .account import KashflowAccount
from .client import KashflowClient


@dataclass(frozen=True)
class KashflowGround:
    """The client, the account's own lists, and the counter of document numbers."""

    client: KashflowClient
    account: KashflowAccount
    numbers: InvoiceNumbers
