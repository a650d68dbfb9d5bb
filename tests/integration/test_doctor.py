"""`bridge doctor`: each fault is found and said with what to do; where all is well, nothing is asked of anybody."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.stage import Stage
from tests.terminal import Said, Terminal


class Watched:
    """The parts of the stack that only the doctor looks at."""

    def __init__(self) -> None:
        self.subscriptions = {"AlarmTopic": ["arn:confirmed"], "FinanceTopic": list[str]()}
        self.alarms: list[str] = []
        self.off = ""

    def client(self, service: str) -> Any:
        return {"sns": self._topics, "cloudwatch": self._alarms, "scheduler": self._schedules}[service]()

    def _topics(self) -> Any:
        def listed(TopicArn: str) -> Any:  # noqa: N803
            arns = self.subscriptions.get(TopicArn, [])
            return {"Subscriptions": [{"Protocol": "email", "SubscriptionArn": arn} for arn in arns]}

        return SimpleNamespace(list_subscriptions_by_topic=listed)

    def _alarms(self) -> Any:
        page = {"MetricAlarms": [{"AlarmName": name} for name in self.alarms], "CompositeAlarms": []}
        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [page]))

    def _schedules(self) -> Any:
        return SimpleNamespace(
            get_schedule=lambda Name: {"State": "DISABLED" if Name == self.off else "ENABLED"}  # noqa: N803
        )


@pytest.fixture
def watched(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Watched:
    made, before = Watched(), terminal.aws.client
    services = ("sns", "cloudwatch", "scheduler")
    monkeypatch.setattr(terminal.aws, "client", lambda one: made.client(one) if one in services else before(one))
    return made


def to_do(said: Said) -> list[str]:
    return [line.removeprefix("TO DO ") for line in said.lines if line.startswith("TO DO")]


def test_doctor_when_all_is_well_has_nothing_to_do(terminal: Terminal, watched: Watched) -> None:
    said = terminal.run("doctor")
    assert (said.status, to_do(said)) == (0, [])
    assert len(said.lines) >= 13


def test_doctor_changes_nothing_in_either_system(bridge: Stage, terminal: Terminal, watched: Watched) -> None:
    for system in ("kashflow", "ordercloud"):
        bridge.calls(system)
    terminal.run("doctor")
    for system in ("kashflow", "ordercloud"):
        made = [call for call in bridge.calls(system) if not call.startswith("GET")]
        assert all("token" in call for call in made), made


@pytest.mark.parametrize(
    ("switches", "checked"),
    [({"rest_access": "off"}, "KashFlow: login"), ({"rest_access": "address_blocked"}, "KashFlow: login")],
)
def test_doctor_says_that_kashflow_does_not_let_us_in(
    bridge: Stage, terminal: Terminal, watched: Watched, switches: dict[str, str], checked: str
) -> None:
    bridge.switch("kashflow", **switches)
    said = terminal.run("doctor")
    assert said.status == 1
    assert any(line.startswith(checked) for line in to_do(said))
    assert "OK    OrderCloud: orders" in said.out
    assert not any(line.startswith("AWS") for line in to_do(said))


def test_doctor_names_what_the_rules_want_and_kashflow_lacks(
    bridge: Stage, terminal: Terminal, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = bridge.wiring.client
    monkeypatch.setattr(client, "nominals", lambda: [{"Code": 4000}])
    monkeypatch.setattr(client, "vat_rates", lambda: [{"VATRate": 20}, {"VATRate": 0}])
    said = terminal.run("doctor")
    assert any(
        line.startswith("KashFlow: nominal codes: KashFlow has no 2110, 2120, 4001, 4020") for line in to_do(said)
    )
    assert any(line.startswith("KashFlow: VAT levels: KashFlow has no 5,") for line in to_do(said))


def test_doctor_says_what_is_wrong_in_the_stack(terminal: Terminal, watched: Watched) -> None:
    watched.subscriptions = {"AlarmTopic": [], "FinanceTopic": ["PendingConfirmation"]}
    watched.alarms = ["of-the-test-SweepOffAlarm"]
    watched.off = "SweepOrdersFunctionEveryFewMinutes"
    terminal.aws.put_letter("OrderDeadLetterQueue", "{}")
    said = terminal.run("doctor")
    assert said.status == 1
    assert [line.partition(":")[2].split(":")[0].strip() for line in to_do(said)] == [
        "subscriptions",
        "subscriptions",
        "alarms",
        "dead letters",
        "schedules",
    ]
    assert said.err.startswith("5 of ")


def test_doctor_says_each_finding_as_json(terminal: Terminal, watched: Watched) -> None:
    findings = terminal.value("doctor")["findings"]
    assert {"checked": "AWS: dead letters", "words": "None.", "is_ok": True} in findings
