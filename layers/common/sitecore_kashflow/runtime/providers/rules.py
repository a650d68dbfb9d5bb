"""The rules in force."""

from collections.abc import Callable

from ...rules.model import Rules
from ...rules.source import RulesPlace
from ...rules.source import rules_source as source_at
from ..settings import RulesSettings, read_settings
from ..wiring import Wiring


def rules_source(wiring: Wiring) -> Callable[[], Rules]:
    """A function that returns the rules in force."""
    place = rules_place()
    return source_at(wiring.aws.client("appconfigdata") if place.profile else None, place, wiring.clock)


def rules_place() -> RulesPlace:
    """Where AppConfig holds them, according to the settings."""
    settings = read_settings(RulesSettings)
    return RulesPlace(settings.rules_application, settings.rules_environment, settings.rules_profile)
