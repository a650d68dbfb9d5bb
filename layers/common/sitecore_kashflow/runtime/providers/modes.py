"""Whether the bridge posts."""

from datetime import datetime

from ...calls.http import Caller
from ...calls.read_only import ReadOnlyCaller
from ...canonical.posting_mode import PostingMode
from ..settings import PostingSettings, read_settings
from ..wiring import Wiring


def mode(_wiring: Wiring) -> PostingMode:
    settings = read_settings(PostingSettings)
    moment = datetime.fromisoformat(settings.live_from) if settings.live_from else None
    return PostingMode(is_shadow=settings.posting_mode == "shadow", live_from=moment)


def caller(wiring: Wiring) -> type[Caller]:
    """What may call the two systems in this mode."""
    return ReadOnlyCaller if wiring.mode.is_shadow else Caller
