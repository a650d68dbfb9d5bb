"""What an operator does from a terminal, with a deployed stack.

    python -m sitecore_kashflow.runtime.operate --stack NAME parked
    python -m sitecore_kashflow.runtime.operate --stack NAME resume SO-1001 [--afresh]
    python -m sitecore_kashflow.runtime.operate --stack NAME abandon SO-1001 --why "booked by hand"
    python -m sitecore_kashflow.runtime.operate --stack NAME show SO-1001
    python -m sitecore_kashflow.runtime.operate --stack NAME duplicates [--allow PO-77]
    python -m sitecore_kashflow.runtime.operate --stack NAME backfill [--from 2026-01-01 --to 2026-02-01 [--anew]]
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

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import BridgeError
from ..rules.document import parse_rules
from ..rules.model import Rules
from ..rules.publish import publish_rules, text_of
from ..runs.records import PARKED, SubjectRecord
from ..runs.subject import Subject
from ..usecases.sweep_orders import backfill_status, begin_backfill, stop_backfill
from ..usecases.watch_duplicates import allow_duplicates
from .duplicate_report import DuplicateReport
from .previews import Previews
from .providers.rules import rules_place
from .stack import enter_stack
from .wiring import Wiring

_SHOP = "ordercloud"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 after printing what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        enter_stack(options.stack)
        for line in options.run(options, Wiring()):
            sys.stdout.write(f"{line}\n")
    except BridgeError as error:
        sys.stderr.write(f"{error.words}\n")
        return 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="operate", description="Look after orders that wait for a person.")
    parser.add_argument("--stack", required=True, help="name of the deployed CloudFormation stack")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("parked", help="orders that wait for a person, longest waiting first")
    command.set_defaults(run=_parked)
    command = commands.add_parser("resume", help="let a parked order carry on")
    command.add_argument("order", help="the order's id in Sitecore, or another subject's key")
    command.add_argument("--afresh", action="store_true", help="read it again from Sitecore first")
    command.set_defaults(run=_resume)
    command = commands.add_parser("abandon", help="leave a parked order alone for good")
    command.add_argument("order", help="the order's id in Sitecore, or another subject's key")
    command.add_argument("--why", required=True, help="the reason, which the ledger keeps")
    command.set_defaults(run=_abandon)
    command = commands.add_parser("show", help="what is known about one order")
    command.add_argument("order", help="the order's id in Sitecore, or another subject's key")
    command.set_defaults(run=_show)
    command = commands.add_parser("duplicates", help="references used more than once in KashFlow, and what to do")
    command.add_argument("--allow", default="", help="a reference whose documents are right as they are, or `all`")
    command.set_defaults(run=_duplicates)
    command = commands.add_parser("backfill", help="bring in orders of the past, or say how far that has got")
    for name, words in (("from", "the first day, in UTC"), ("to", "the day after the last")):
        command.add_argument(f"--{name}", dest=f"{name}_day", type=date.fromisoformat, help=words)
    command.add_argument("--anew", action="store_true", help="instead of the backfill that is under way")
    command.add_argument("--shop", default=_SHOP, help="the shop's name, if there are several")
    command.set_defaults(run=_backfill)
    command = commands.add_parser("preview", help="what would be posted for an order; posts nothing")
    command.add_argument("order", help="the order's id in Sitecore, or another subject's key")
    command.add_argument("--rules", default="", help="a rules document instead of the one in force")
    command.set_defaults(run=_preview)
    command = commands.add_parser("compare", help="what other rules would change in the last orders; posts nothing")
    command.add_argument("last", type=int, help="how many orders")
    command.add_argument("--rules", required=True, help="the rules document to try")
    command.set_defaults(run=_compare)
    command = commands.add_parser("publish", help="put a rules document in force")
    command.add_argument("rules", help="the rules document, YAML or JSON")
    command.set_defaults(run=_publish)
    return parser


def _parked(_options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    return list(map(_described, wiring.runs.in_state(PARKED))) or ["Nothing is parked."]


def _resume(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    yield wiring.decisions.resume(_subject(options), wiring.clock(), afresh=options.afresh)


def _abandon(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    yield wiring.decisions.abandon(_subject(options), options.why, wiring.clock())


def _show(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    yield _described(wiring.runs.record(_subject(options)))
    yield from DuplicateReport(wiring.duplicate_store.read(), wiring.documents).of_order(options.order)


def _duplicates(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    if not options.allow:
        return DuplicateReport(wiring.duplicate_store.read(), wiring.documents).all()
    allowed = allow_duplicates(options.allow, store=wiring.duplicate_store, now=wiring.clock())
    lines = [
        f"{one.reference}: {len(one.documents) + one.more} documents allowed; another will be found." for one in allowed
    ]
    return lines or [f"{options.allow} is not a duplicate reference."]


def _backfill(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    if options.from_day is None or options.to_day is None:
        yield _backfill_status(options.shop, wiring)
        return
    first, last = (datetime.combine(day, time.min, UTC) for day in (options.from_day, options.to_day))
    if options.anew:
        stop_backfill(options.shop, cursors=wiring.cursors)
    begin_backfill(options.shop, first, last, cursors=wiring.cursors, now=wiring.clock())
    yield f"Each sweep will bring in some of the orders submitted from {options.from_day} to before {options.to_day}."


def _backfill_status(shop: str, wiring: Wiring) -> str:
    status = backfill_status(shop, cursors=wiring.cursors)
    if status is None:
        return "There was no backfill yet. Begin one with --from and --to."
    days = f"from {status.since:%Y-%m-%d} to before {status.until:%Y-%m-%d}"
    return f"Backfill {days}: {'under way' if status.is_under_way else 'ended'}, {status.found} orders so far."


def _preview(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    rules = _read_rules(options.rules) if options.rules else wiring.rules_source()
    return Previews(wiring.previewer, wiring.runs).of_order(_subject(options), rules)


def _compare(options: argparse.Namespace, wiring: Wiring) -> Iterable[str]:
    now, then = wiring.rules_source(), _read_rules(options.rules)
    return Previews(wiring.previewer, wiring.runs).compare(options.last, now, then)


def _publish(options: argparse.Namespace, _wiring: Wiring) -> Iterable[str]:
    text, strategy = text_of(options.rules), os.environ["RULES_DEPLOYMENT_STRATEGY"]
    yield publish_rules(text, boto3.client("appconfig"), rules_place(), strategy)


def _subject(options: argparse.Namespace) -> Subject:
    """The order of this id in OrderCloud, or whatever its key names in full: `order:till:17`."""
    kind, source, subject_id = f"order:{_SHOP}:{options.order}".split(":")[-3:]
    return Subject(kind, source, subject_id)


def _read_rules(path: str) -> Rules:
    return parse_rules(text_of(path))


def _described(record: SubjectRecord) -> str:
    """A record on one line, and below it why a person is needed."""
    words = [_name(record.subject), record.state, f"since {record.state_since[:19]}Z"]
    if record.parking.step:
        words.append(f"at {record.parking.step}")
    line = "  ".join(words)
    parking = record.parking
    return f"{line}\n    {parking.code}: {parking.reason}" if parking.reason else line


def _name(subject: Subject) -> str:
    """As `_subject` reads it."""
    return subject.id if (subject.kind, subject.source) == ("order", _SHOP) else subject.key


if __name__ == "__main__":
    sys.exit(main())
