"""What events brought of subjects that cannot be read again."""

from ...runs.kept_events import KeptEvents
from ..wiring import Wiring


def kept_events(wiring: Wiring) -> KeptEvents:
    return KeptEvents(wiring.table)
