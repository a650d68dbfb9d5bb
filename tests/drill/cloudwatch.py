"""CloudWatch's alarms, by the rules that AWS documents: sliding windows, M of N points, missing data, composites.

Metrics have one-minute resolution, and every alarm is evaluated each minute. The windows slide: a period ends at the
moment of the evaluation, wherever the clock stands. AWS reads more periods than `EvaluationPeriods`. How many more is
not documented; its examples show two, and so it is here.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

EXTRA_PERIODS = 2
MINUTE = 60
Dimensions = frozenset[tuple[str, str]]
MetricName = tuple[str, str, Dimensions]
"""Namespace, name and dimensions: points under other dimensions belong to another metric."""


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


@dataclass
class Metrics:
    """Points by metric, in the order in which they came. Moments are seconds."""

    _minutes: dict[MetricName, list[int]] = field(default_factory=lambda: defaultdict(list))
    _values: dict[MetricName, list[float]] = field(default_factory=lambda: defaultdict(list))

    def put(self, name: MetricName, value: float, moment: float) -> None:
        self._minutes[name].append(int(moment // MINUTE))
        self._values[name].append(value)

    def between(self, name: MetricName, first: float, last: float) -> list[float]:
        """The values from the minute of `first` up to before the minute of `last`."""
        minutes = self._minutes.get(name, [])
        start, end = (bisect_left(minutes, int(moment // MINUTE)) for moment in (first, last))
        return self._values[name][start:end] if start < end else []


def judged(points: Sequence[bool | None], m: int, n: int, missing: str, before: State) -> State:
    """The state by the points of the evaluation range, oldest first: breaching, not breaching, or missing (None)."""
    real = [point for point in points if point is not None]
    breaching = sum(real[-n:])
    if len(real) >= n or missing == "notBreaching":
        return State.ALARM if breaching >= m else State.OK
    if missing == "breaching":
        return State.ALARM if breaching + n - len(real) >= m else State.OK
    if not real:
        return before if missing == "ignore" else State.INSUFFICIENT_DATA
    if breaching >= m:
        return State.ALARM
    if breaching < len(real):
        return State.OK
    ages = [age for age in range(1, n + 1) if points[-age] is not None]
    is_old_enough = missing == "missing" and bool(ages) and max(ages) >= m
    return State.ALARM if is_old_enough else before


@dataclass(frozen=True)
class MetricAlarm:
    """An alarm on one metric: at least `m` of the last `n` periods breach the threshold."""

    metric: MetricName
    statistic: str
    period: int
    m: int
    n: int
    threshold: float
    comparison: str
    missing: str

    @classmethod
    def of(cls, properties: Mapping[str, Any], text_of: Callable[[Any], str]) -> "MetricAlarm":
        """From the template; `text_of` resolves its references."""
        dimensions = {one["Name"]: text_of(one["Value"]) for one in properties.get("Dimensions", [])}
        n = int(properties["EvaluationPeriods"])
        return cls(
            metric=(properties["Namespace"], properties["MetricName"], frozenset(dimensions.items())),
            statistic=properties["Statistic"],
            period=int(properties["Period"]),
            m=int(properties.get("DatapointsToAlarm", n)),
            n=n,
            threshold=float(text_of(properties["Threshold"])),
            comparison=properties["ComparisonOperator"],
            missing=properties.get("TreatMissingData", "missing"),
        )

    def state(self, metrics: Metrics, now: float, before: State) -> State:
        periods = range(self.n + EXTRA_PERIODS, 0, -1)
        return judged([self._point(metrics, now, age) for age in periods], self.m, self.n, self.missing, before)

    def _point(self, metrics: Metrics, now: float, age: int) -> bool | None:
        """Whether the period that began so many periods ago breaches; None if it has no values."""
        began = now - age * self.period
        values = metrics.between(self.metric, began, began + self.period)
        return _COMPARISONS[self.comparison](_STATISTICS[self.statistic](values), self.threshold) if values else None


@dataclass(frozen=True)
class CompositeAlarm:
    """An alarm on the states of others, such as `ALARM("a") AND NOT (ALARM("b") OR ALARM("c"))`."""

    rule: str

    @property
    def watches(self) -> set[str]:
        return set(re.findall(r'\("([^"]+)"\)', self.rule))

    def state(self, states: Mapping[str, State]) -> State:
        def holds(wanted: re.Match[str]) -> str:
            return str(states[wanted[2]] == wanted[1])

        told = re.sub(r'(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)', holds, self.rule)
        words = {"AND": "and", "OR": "or", "NOT": "not"}
        told = re.sub(r"\b(AND|OR|NOT)\b", lambda word: words[word[0]], told)
        if set(re.findall(r"\w+", told)) - {"True", "False", *words.values()}:
            raise ValueError(f"This rule has words that are not known here: {self.rule}")
        return State.ALARM if eval(told, {}) else State.OK  # noqa: S307  five words and brackets, as checked above


@dataclass(frozen=True)
class Change:
    """An alarm has changed its state."""

    alarm: str
    old: State
    new: State
    moment: float


class CloudWatch:
    """Alarms by name, all evaluated together. A composite is listed after the alarms that it watches."""

    def __init__(self, alarms: Mapping[str, MetricAlarm | CompositeAlarm]) -> None:
        self.metrics = Metrics()
        self.states = dict.fromkeys(alarms, State.INSUFFICIENT_DATA)
        self._alarms = alarms

    def put_emf(self, line: Mapping[str, Any], moment: float) -> None:
        """Metrics as a log line holds them (embedded metric format)."""
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, str(line[name])) for name in names)
                for metric in directive["Metrics"]:
                    values = line[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        self.metrics.put((directive["Namespace"], metric["Name"], dimensions), float(value), moment)

    def evaluate(self, now: float) -> list[Change]:
        """Evaluate every alarm; returns those that have changed."""
        changes = []
        for name, alarm in self._alarms.items():
            old = self.states[name]
            new = alarm.state(self.metrics, now, old) if isinstance(alarm, MetricAlarm) else alarm.state(self.states)
            if new is not old:
                self.states[name] = new
                changes.append(Change(name, old, new, now))
        return changes
