"""`publish` and `rules`: the rules document."""

import time
from argparse import Namespace
from functools import partial

from ...rules.document import parse_rules
from ...rules.never import require_no_idle_rules
from ...rules.publish import publish_rules, require_version_of_its_own, text_of
from ...rules.schema import rules_schema, validator_schema
from ...rules.source import RulesPlace
from ...runtime.kept_rules import KeptRules
from ..account_checks import ACCOUNT_CHECKS
from ..desk import Desk
from ..outcome_values import Document, RulesChecked, RulesPublished
from ..system_checks import examine


def publish(asked: Namespace, desk: Desk) -> RulesPublished:
    """Check a document, and put it in force."""
    text, outputs = text_of(asked.file), desk.stack.outputs
    require_version_of_its_own(text, KeptRules(desk.wiring.table).texts())
    place = RulesPlace(outputs["RulesApplicationId"], outputs["RulesEnvironmentId"], outputs["RulesProfileId"])
    strategy = outputs["RulesDeploymentStrategyId"]
    published = publish_rules(text, desk.stack.aws.client("appconfig"), place, strategy, time.sleep)
    return RulesPublished(published.rules, published.number)


def check(asked: Namespace, desk: Desk) -> RulesChecked:
    """Every mistake in a document is named by its path, and every conditional rule that can never hold by its name.

    With a stack, all that its KashFlow account lacks is named too.
    """
    made = parse_rules(text_of(asked.file))
    require_no_idle_rules(made.conditional)
    checks = ACCOUNT_CHECKS if asked.stack else ()
    watched = desk.person.watch("Looking", checks)
    findings = examine((name, partial(one, made, desk.wiring)) for name, one in watched)
    return RulesChecked(asked.file, made.version, tuple(findings))


def schema(_asked: Namespace, _desk: Desk) -> Document:
    """The JSON Schema of a document, for editors."""
    return Document(rules_schema(), indent=1)


def validator(_asked: Namespace, _desk: Desk) -> Document:
    """The schema that AppConfig validates with."""
    return Document(validator_schema(), indent=None)
