"""Each alarm of the template goes off for its trouble: within two minutes, once, and no other alarm with it."""

from collections import Counter

import pytest

from tests.drill.alarms import properties_of_alarms, text_of
from tests.drill.drills import DRILLS, Drill, play
from tests.drill.month import healthy


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.trouble.replace(" ", "_"))
def test_alarm_goes_off_within_two_minutes_once_and_no_other_does(drill: Drill) -> None:
    outcome = play(drill)
    assert outcome.is_right, outcome


def test_every_alarm_that_is_sent_has_a_drill() -> None:
    """An alarm without actions of its own is one that a composite watches."""
    sent = {name for name, one in properties_of_alarms().items() if text_of((one.get("AlarmActions") or [""])[0])}
    assert sent == {drill.alarm for drill in DRILLS}


def test_healthy_days_raise_no_alarm() -> None:
    days = healthy(days=3, orders=60)
    assert (days.sent, days.orders, Counter(days.states)) == ([], 60, Counter(paid=60))
