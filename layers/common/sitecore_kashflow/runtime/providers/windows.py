"""For how long writes may still land."""

from datetime import timedelta

from ...documents.write_window import WriteWindow
from ..settings import CommitSettings, read_settings
from ..wiring import Wiring


def window(wiring: Wiring) -> WriteWindow:
    """How long a write of ours may still land."""
    del wiring
    settings = read_settings(CommitSettings)
    return WriteWindow(
        worker_life=timedelta(seconds=settings.step_time_limit_seconds),
        slowest_commit=timedelta(seconds=settings.commit_settle_seconds),
    )
