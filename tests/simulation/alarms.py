"""Which alarms of the template go off, and how often, given what was counted and when."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from tests.deployed import template
from tests.simulation.scheduler import START


@dataclass
class Counted:
    """Metrics as the doors count them, with their moments."""

    told: list[tuple[datetime, str, float]] = field(default_factory=list)

    def alarms(self) -> dict[str, int]:
        """How many times each alarm on our own metrics went from quiet to loud."""
        ours = (
            (name, resource["Properties"])
            for name, resource in template()["Resources"].items()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
            and resource["Properties"]["Namespace"] == "SitecoreKashflow"
        )
        rung = {name: self._rings(alarm) for name, alarm in ours}
        return {name: times for name, times in rung.items() if times}

    def _rings(self, alarm: dict[str, Any]) -> int:
        """Sums over whole periods; missing data is quiet, as these alarms of the template say."""
        if alarm["MetricName"] not in {name for _, name, _ in self.told}:
            return 0
        known = (alarm["Statistic"], alarm["ComparisonOperator"], alarm["TreatMissingData"], alarm["EvaluationPeriods"])
        assert known == ("Sum", "GreaterThanOrEqualToThreshold", "notBreaching", 1), known
        sums: Counter[int] = Counter()
        for moment, name, value in self.told:
            if name == alarm["MetricName"]:
                sums[int((moment - START).total_seconds() // alarm["Period"])] += int(value)
        loud = sorted(period for period, total in sums.items() if total >= alarm["Threshold"])
        before = -inf
        rings = 0
        for period in loud:
            rings += period - before > 1
            before = period
        return rings
