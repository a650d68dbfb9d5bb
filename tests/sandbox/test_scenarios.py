"""Scenarios of the demo are named on the command line."""

import pytest

from sandbox import scenarios
from sandbox.addresses import StackError


def test_scenarios_are_played_in_the_order_in_which_they_are_named() -> None:
    assert [name for name, _ in scenarios.named("shadow, enrichment")] == ["shadow", "enrichment"]


def test_every_scenario_of_the_list_has_its_module() -> None:
    assert [name for name, _ in scenarios.named(",".join(scenarios.MODULES))] == list(scenarios.MODULES)


@pytest.mark.parametrize(
    ("text", "words"), [("shadow,moon", "There is no scenario moon"), (" , ", "No scenario was named")]
)
def test_scenario_that_there_is_not_is_refused_with_those_that_there_are(text: str, words: str) -> None:
    with pytest.raises(StackError, match=f"{words}. There are: business-rules, enrichment, shadow"):
        scenarios.named(text)
