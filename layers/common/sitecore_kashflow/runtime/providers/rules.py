"""The rules in force."""

from collections.abc import Callable

from ...rules.document import default_rules
from ...rules.model import Rules
from ...rules.source import RulesPlace, RulesSource
from ..kept_rules import KeptRules
from ..settings import RulesSettings, read_settings
from ..wiring import Wiring


def rules_source(wiring: Wiring) -> Callable[[], Rules]:
    """A function that returns the rules in force; without a place in AppConfig they are the default."""
    place = rules_place()
    if not place.profile:
        return default_rules
    return RulesSource(wiring.aws.client("appconfigdata"), place, KeptRules(wiring.table), wiring.clock)


def rules_place() -> RulesPlace:
    """Where AppConfig holds them, according to the settings."""
    settings = read_settings(RulesSettings)
    return RulesPlace(settings.rules_application, settings.rules_environment, settings.rules_profile)
