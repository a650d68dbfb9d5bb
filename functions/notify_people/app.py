"""Tells people which orders wait, why, and for how long: when an alarm changes, and whenever there is news."""

import json
from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.notify_people import Alarm, notify_people

notify = injected(notify_people)


@scheduled
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """SNS's records with CloudWatch's messages, or any other event -> `{"alarms": 1, "parked": 2, "reminded": 0}`."""
    messages = [json.loads(record["Sns"]["Message"]) for record in event.get("Records", [])]
    told: dict[str, Any] = notify([Alarm.of(message) for message in messages])
    return told
