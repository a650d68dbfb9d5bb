"""What `doctor` looks at in the stack itself."""

from collections.abc import Iterator

from .desk import Desk
from .outcome_values import Finding
from .redrive import REDRIVES, dead_letters

_TOPICS = {"AlarmTopic": "alarms", "FinanceTopic": "parked orders", "TechnicalTopic": "waiting orders"}
_SCHEDULES = {
    "SweepOrdersFunctionEveryFewMinutes": "sweep",
    "WatchDuplicatesFunctionEveryFewHours": "watch for duplicates",
    "NotifyPeopleFunctionEveryFewMinutes": "notices",
}
_PENDING = "PendingConfirmation"


def subscriptions(desk: Desk) -> Iterator[Finding]:
    """Whether everybody who should hear by e-mail has confirmed it."""
    name, sns = "AWS: subscriptions", desk.stack.aws.client("sns")
    for topic, what in _TOPICS.items():
        found = sns.list_subscriptions_by_topic(TopicArn=desk.stack.physical_id(topic))["Subscriptions"]
        mails = [one for one in found if one["Protocol"] == "email"]
        pending = sum(one["SubscriptionArn"] == _PENDING for one in mails)
        if pending:
            words = f"{pending} for {what} not confirmed: follow the link in the mail from AWS."
            yield Finding(name, words, is_ok=False)
        elif not mails and topic == "AlarmTopic":
            yield Finding(name, 'Nobody hears alarms. `make deploy CHANGES="AlarmEmail=..."`.', is_ok=False)
        else:
            yield Finding(name, f"{len(mails)} for {what}, confirmed.")


def alarms(desk: Desk) -> Iterator[Finding]:
    pages = desk.stack.aws.client("cloudwatch").get_paginator("describe_alarms")
    asked = {"AlarmNamePrefix": f"{desk.stack.name}-", "StateValue": "ALARM"}
    both = ["MetricAlarm", "CompositeAlarm"]
    on = [
        alarm["AlarmName"]
        for page in pages.paginate(AlarmTypes=both, **asked)
        for alarm in (*page["MetricAlarms"], *page["CompositeAlarms"])
    ]
    for one in on:
        yield Finding("AWS: alarms", f"{one} is on. Its description says what to read.", is_ok=False)
    if not on:
        yield Finding("AWS: alarms", "None is on.")


def dead_letter_queues(desk: Desk) -> Iterator[Finding]:
    waiting = {queue: dead_letters(queue, desk) for queue in REDRIVES}
    for queue, letters in waiting.items():
        if letters:
            words = f"{letters} on the queue {queue}. See docs/runbook.md#{queue}-dead-letters."
            yield Finding("AWS: dead letters", words, is_ok=False)
    if not any(waiting.values()):
        yield Finding("AWS: dead letters", "None.")


def schedules(desk: Desk) -> Iterator[Finding]:
    scheduler = desk.stack.aws.client("scheduler")
    for logical, what in _SCHEDULES.items():
        is_on = scheduler.get_schedule(Name=desk.stack.physical_id(logical))["State"] == "ENABLED"
        words = f"The {what} is on." if is_on else f"The {what} is off: switch its schedule on in EventBridge."
        yield Finding("AWS: schedules", words, is_ok=is_on)
