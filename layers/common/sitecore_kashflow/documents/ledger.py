"""The ledger: what is known of every subject, and of its documents in the books."""

from dataclasses import dataclass

from ..runs.runs import Runs
from .store import DocumentStore


@dataclass(frozen=True)
class Ledger:
    """Both parts of it, in one DynamoDB table."""

    runs: Runs
    documents: DocumentStore
