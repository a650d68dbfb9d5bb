"""What an operator does from a terminal: see what is parked and why, resume or abandon an order, look one up,
see what would be posted for it, what other rules would alter, and put them in force; see what stands twice in KashFlow.

    python -m sitecore_kashflow.runtime.operate --stack NAME parked
    python -m sitecore_kashflow.runtime.operate --stack NAME resume SO-1001 [--afresh]
    python -m sitecore_kashflow.runtime.operate --stack NAME abandon SO-1001 --why "booked by hand"
    python -m sitecore_kashflow.runtime.operate --stack NAME show SO-1001
    python -m sitecore_kashflow.runtime.operate --stack NAME duplicates [--allow PO-77]
    python -m sitecore_kashflow.runtime.operate --stack NAME backfill --from 2026-01-01 --to 2026-02-01
    python -m sitecore_kashflow.runtime.operate --stack NAME preview SO-1001 --rules new.yaml
    python -m sitecore_kashflow.runtime.operate --stack NAME compare 50 --rules new.yaml
    python -m sitecore_kashflow.runtime.operate --stack NAME publish new.yaml

Account and region are those of the AWS environment variables or profile.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..canonical.keys import order_key
from ..canonical.states import OrderState
from ..errors import BridgeError
from ..rules.publish import publish_rules, text_of
from ..runs.records import OrderRecord
from ..usecases.resume_order import abandon_order, resume_order
from ..usecases.sweep_orders import begin_backfill
from ..usecases.watch_duplicates import allow_duplicates
from .duplicate_report import duplicates, duplicates_of_order
from .preview import compare, preview
from .settings import RulesSettings
from .wiring import Wiring

_OUTPUTS = {
    "LedgerTableName": "LEDGER_TABLE_NAME",
    "OrderQueueUrl": "ORDER_QUEUE_URL",
    "KashflowSecretName": "KASHFLOW_SECRET_NAME",
    "OrdercloudSecretName": "ORDERCLOUD_SECRET_NAME",
    "RulesApplicationId": "RULES_APPLICATION",
    "RulesEnvironmentId": "RULES_ENVIRONMENT",
    "RulesProfileId": "RULES_PROFILE",
    "RulesDeploymentStrategyId": "RULES_DEPLOYMENT_STRATEGY",
}
_PARAMETERS = {
    "KashflowUrl": "KASHFLOW_URL",
    "KashflowCallsPerSecond": "KASHFLOW_CALLS_PER_SECOND",
    "KashflowParallelCalls": "KASHFLOW_PARALLEL_CALLS",
    "OrdercloudUrl": "ORDERCLOUD_URL",
    "OrdercloudCallsPerSecond": "ORDERCLOUD_CALLS_PER_SECOND",
    "OrdercloudParallelCalls": "ORDERCLOUD_PARALLEL_CALLS",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(prog="operate", description="Look after orders that wait for a person.")
    parser.add_argument("--stack", required=True, help="name of the deployed CloudFormation stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("parked", help="orders that wait for a person, longest waiting first")
    for name, words in (("resume", "let it go on"), ("abandon", "leave it alone for good"), ("show", "its record")):
        command = commands.add_parser(name, help=words)
        command.add_argument("order", help="the order's id in Sitecore")
        if name == "resume":
            command.add_argument("--afresh", action="store_true", help="read it again from Sitecore first")
        if name == "abandon":
            command.add_argument("--why", required=True, help="kept in the ledger")
    command = commands.add_parser("duplicates", help="references that stand twice in KashFlow, and what to do")
    command.add_argument("--allow", default="", help="a reference whose documents are right as they are, or `all`")
    backfill = commands.add_parser("backfill", help="bring in the orders submitted in some days of the past")
    for name, words in (("from", "the first day, in UTC"), ("to", "the day after the last")):
        backfill.add_argument(f"--{name}", dest=f"{name}_day", required=True, type=date.fromisoformat, help=words)
    command = commands.add_parser("preview", help="what would be posted for an order; posts nothing")
    command.add_argument("order", help="the order's id in Sitecore")
    command.add_argument("--rules", default="", help="a rules document instead of the one in force")
    command = commands.add_parser("compare", help="what other rules would alter in the last orders; posts nothing")
    command.add_argument("last", type=int, help="how many orders")
    command.add_argument("--rules", required=True, help="the rules document to try")
    command = commands.add_parser("publish", help="put a rules document in force")
    command.add_argument("rules", help="the rules document, YAML or JSON")
    options = parser.parse_args(arguments)
    try:
        _find_stack(options.stack)
        for line in _run(options):
            sys.stdout.write(f"{line}\n")
    except BridgeError as error:
        sys.stderr.write(f"{error.words}\n")
        return 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _find_stack(name: str) -> None:
    """Take names and addresses from the stack's outputs and parameters."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    for output in stack.get("Outputs", []):
        if output["OutputKey"] in _OUTPUTS:
            os.environ[_OUTPUTS[output["OutputKey"]]] = output["OutputValue"]
    for parameter in stack.get("Parameters", []):
        if parameter["ParameterKey"] in _PARAMETERS:
            os.environ[_PARAMETERS[parameter["ParameterKey"]]] = parameter["ParameterValue"]


def _run(options: argparse.Namespace) -> Iterable[str]:
    hands = Wiring()
    if options.command == "preview":
        return preview(options.order, hands, options.rules)
    if options.command == "compare":
        return compare(options.last, hands, options.rules)
    if options.command == "parked":
        waiting = hands.ledger.orders_in(OrderState.PARKED)
        return [_told(record) for record in waiting] or ["Nothing is parked."]
    if options.command == "duplicates":
        return _on_duplicates(options.allow, hands)
    if options.command == "backfill":
        first, last = (datetime.combine(day, time.min, UTC) for day in (options.from_day, options.to_day))
        begin_backfill(first, last, cursors=hands.cursors, now=hands.clock())
        return [f"Orders submitted from {options.from_day} on and before {options.to_day} come in, a page a sweep."]
    if options.command == "publish":
        text, strategy = text_of(options.rules), os.environ["RULES_DEPLOYMENT_STRATEGY"]
        return [publish_rules(text, boto3.client("appconfig"), RulesSettings.read().place, strategy)]
    return _on_order(options, hands)


def _on_duplicates(allow: str, hands: Wiring) -> Iterable[str]:
    if not allow:
        return duplicates(hands.duplicates.read(), hands.ledger)
    allowed = allow_duplicates(allow, store=hands.duplicates, now=hands.clock())
    told = [
        f"{one.reference}: {len(one.documents) + one.more} documents are allowed; one more is found again."
        for one in allowed
    ]
    return told or [f"{allow} does not stand twice."]


def _on_order(options: argparse.Namespace, hands: Wiring) -> list[str]:
    key = order_key("ordercloud", options.order)
    if options.command == "show":
        twice = duplicates_of_order(options.order, hands.duplicates.read(), hands.ledger)
        return [_told(hands.ledger.order(key)), *twice]
    hand: dict[str, Any] = {
        "ledger": hands.ledger,
        "stepfunctions": boto3.client("stepfunctions"),
        "queue": hands.order_queue,
        "now": hands.clock(),
    }
    if options.command == "abandon":
        return [abandon_order(key, options.why, **hand)]
    return [resume_order(key, afresh=options.afresh, **hand)]


def _told(record: OrderRecord) -> str:
    words = [record.order_id, record.state.value, f"since {record.updated_at[:19]}Z"]
    if record.parked_step:
        words.append(f"at {record.parked_step}")
    told = "  ".join(words)
    return f"{told}\n    {record.reason_code}: {record.reason}" if record.reason else told


if __name__ == "__main__":
    sys.exit(main())
