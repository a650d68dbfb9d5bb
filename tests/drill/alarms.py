"""The template's own alarms, with their references resolved."""

import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

from tests.deployed import template
from tests.drill.cloudwatch import CompositeAlarm, MetricAlarm
from tests.simulation.environment import DEFAULTS

STACK = "sitecore-kashflow"
_KINDS = {"AWS::CloudWatch::Alarm": "metric", "AWS::CloudWatch::CompositeAlarm": "composite"}


def text_of(value: Any) -> str:
    """A value of the template as text; a reference is the parameter's default, or the resource's logical name."""
    if not isinstance(value, Mapping):
        return str(value)
    if "Ref" in value:
        return STACK if value["Ref"] == "AWS::StackName" else DEFAULTS.get(value["Ref"], str(value["Ref"]))
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    return re.sub(r"\$\{([\w:]+)\}", lambda found: text_of({"Ref": found[1]}), value["Fn::Sub"])


def properties_of_alarms() -> dict[str, dict[str, Any]]:
    """As the template has them, by logical name."""
    return {
        name: resource["Properties"] for name, resource in template()["Resources"].items() if resource["Type"] in _KINDS
    }


def alarms() -> dict[str, MetricAlarm | CompositeAlarm]:
    """All alarms by logical name, each after those that it watches."""
    made: dict[str, MetricAlarm | CompositeAlarm] = {
        name: CompositeAlarm(text_of(one["AlarmRule"])) if "AlarmRule" in one else MetricAlarm.of(one, text_of)
        for name, one in properties_of_alarms().items()
    }
    watched = {name: one.watches if isinstance(one, CompositeAlarm) else set() for name, one in made.items()}
    return {name: made[name] for name in TopologicalSorter(watched).static_order()}
