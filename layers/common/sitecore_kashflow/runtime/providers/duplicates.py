"""What the duplicate watch remembers."""

from ...documents.duplicate_store import DuplicateStore
from ..wiring import Wiring


def duplicate_store(wiring: Wiring) -> DuplicateStore:
    return DuplicateStore(wiring.table)
