"""What may be asked of the command, and how."""

import argparse
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NoReturn, TypeAlias

from ..runs.subject import Subject
from ..runtime.providers.shops import SOURCES
from ..usecases.book_payout import STATES
from .names import SHOP, subject_named
from .redrive import REDRIVES
from .stack import stack_in_environment
from .verbs import (
    books,
    decide,
    doctor,
    duplicates,
    evidence,
    list_orders,
    month_end,
    payouts,
    previews,
    queues,
    reconcile,
    rules,
    show_order,
    undo,
    vat_amounts,
    webhooks,
)

_ORDER = "the order's id in Sitecore, or another subject's key"
_ALIASES = {"retry": ("resume",)}
"""`resume` is what reasons say: correct this, then resume."""

_EPILOG = "Exit status: 0 done; 1 refused or failed, with a sentence on the error output; 2 asked for wrongly."


class UsageError(Exception):
    """What was asked for cannot be understood. `usage` says how to ask."""

    def __init__(self, usage: str, words: str) -> None:
        super().__init__(words)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    """Takes no shortened options, and leaves it to others to say what is wrong."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.format_usage(), f"{self.prog}: {message}")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; `run` is the verb. Raises `UsageError`."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    asked.needs_stack |= asked.uses_stack and bool(asked.stack)
    if asked.needs_stack and not asked.stack:
        parser.error("which stack? Give --stack NAME, or set BRIDGE_STACK")
    if asked.needs_orders and bool(asked.orders) == bool(asked.cause):
        parser.error("give either orders or --cause")
    if asked.run is reconcile.reconcile and (asked.from_day is None) != (asked.to_day is None):
        parser.error("give both --from and --to, or neither")
    if asked.run is undo.undo and not (asked.orders or asked.version or asked.from_day):
        parser.error("give orders, --version or --from")
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="bridge", description="Look after the orders on their way from the shop to the books.", epilog=_EPILOG
    )
    _add_general(parser, first=True)
    parser.set_defaults(needs_stack=True, uses_stack=False, needs_orders=False, yes=False)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_looks(verbs)
    _add_books(verbs)
    _add_decisions(verbs)
    _add_queues(verbs)
    _add_payouts(verbs)
    _add_rules(verbs)
    return parser


Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _add_looks(verbs: Verbs) -> None:
    verb = _verb(verbs, "list", list_orders.list_orders, "orders that wait for a person, by cause, and unfinished ones")
    which = verb.add_mutually_exclusive_group()
    which.add_argument("--cause", default="", metavar="CODE", help="only those parked with this reason code")
    which.add_argument("--state", default="", choices=list_orders.STATES, help="those in this state instead")
    verb = _verb(verbs, "show", show_order.show_order, "where one order stands, and what the books hold for it")
    verb.add_argument("order", type=_subject, help=_ORDER)
    verb.add_argument("--detail", action="store_true", help="its events, runs, errors and addresses too")
    _verb(verbs, "doctor", doctor.doctor, "whether all is in place for orders to be posted; changes nothing")
    verb = _verb(verbs, "duplicates", duplicates.duplicates, "references used more than once in KashFlow")
    verb.add_argument("--allow", default="", metavar="REF", help="the documents of this reference, or `all`, are right")


def _add_books(verbs: Verbs) -> None:
    verb = _verb(verbs, "books", books.books, "what was posted for some days, as a trial balance")
    for name, words in (("from", "the first day, in the UK"), ("to", "the last day")):
        verb.add_argument(f"--{name}", dest=f"{name}_day", required=True, type=_day, metavar="YYYY-MM-DD", help=words)
    verb = _verb(verbs, "reconcile", reconcile.reconcile, "all orders of some days against all documents in KashFlow")
    for name, words in (
        ("from", "the first day, in the UK; without days, what was last found"),
        ("to", "the last day"),
    ):
        verb.add_argument(f"--{name}", dest=f"{name}_day", default=None, type=_day, metavar="YYYY-MM-DD", help=words)
    verb.add_argument("--thorough", action="store_true", help="read every document on its own, line by line")
    _add_month_end(verbs)
    verb = _verb(verbs, "evidence", evidence.evidence, "what the last orders show of payment and dispatch")
    verb.add_argument("last", type=int, nargs="?", default=50, help="how many orders; 50 if not said")
    verb.add_argument(
        "--order", type=_subject, default=None, metavar="ORDER", help="all that is kept of this one instead"
    )


def _add_month_end(verbs: Verbs) -> None:
    verb = _verb(verbs, "month-end", month_end.show_month_end, "the twelve controls of a month on one page")
    verb.add_argument("month", type=_month, metavar="YYYY-MM", help="a month; one that is running is shown so far")
    verb.add_argument("--html", default="", metavar="FILE", help="write the page as HTML, to be read and printed")
    verb.add_argument("--csv", default="", metavar="FILE", help="write its figures and lists for a spreadsheet")
    verb.add_argument(
        "--figure", dest="figures", action="append", default=[], type=_figure, metavar="KEY=AMOUNT",
        help="a second figure that KashFlow does not give, such as gateway:1202=123.45; once for each",
    )  # fmt: skip
    verb.add_argument("--by", default="", metavar="NAME", help="who enters the figures, or closes the month")
    verb.add_argument("--close", action="store_true", help="close the month, and keep its figures")
    verb.add_argument("--yes", action="store_true", help="do not ask whether it is meant")


def _month(text: str) -> date:
    try:
        return _day(f"{text}-01")
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month such as 2026-01") from None


def _figure(text: str) -> month_end.Figure:
    try:
        return month_end.Figure.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_decisions(verbs: Verbs) -> None:
    for name, run, words in (
        ("retry", decide.retry, "let parked orders carry on"),
        ("abandon", decide.abandon, "leave orders alone from now on"),
    ):
        verb = _verb(verbs, name, run, words)
        verb.add_argument("orders", nargs="*", type=_subject, metavar="ORDER", help=_ORDER)
        verb.add_argument("--cause", default="", metavar="CODE", help="all that are parked with this reason code")
        verb.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
        verb.set_defaults(needs_orders=True)
        if name == "retry":
            verb.add_argument("--afresh", action="store_true", help="read them again from Sitecore first")
        else:
            verb.add_argument("--why", required=True, type=_reason, help="the reason, which the ledger keeps")
    verb = _verb(verbs, "reopen", decide.reopen, "let abandoned orders go on from the beginning")
    verb.add_argument("orders", nargs="+", type=_subject, metavar="ORDER", help=_ORDER)
    _add_undoing(verbs)


def _add_undoing(verbs: Verbs) -> None:
    verb = _verb(verbs, "undo", undo.undo, "credit what was posted for orders in full, whatever was paid of them")
    verb.add_argument("orders", nargs="*", type=_subject, metavar="ORDER", help=_ORDER)
    verb.add_argument("--version", default="", help="all that were posted by this version of the rules")
    for name, words in (("from", "all whose documents are of this day or later"), ("to", "and not after this one")):
        verb.add_argument(f"--{name}", dest=f"{name}_day", default=None, type=_day, metavar="YYYY-MM-DD", help=words)
    verb.add_argument("--dry-run", action="store_true", help="only say what it would come to")
    verb.add_argument("--why", required=True, type=_reason, help="the reason, which the ledger keeps")
    verb.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    verb = _verb(verbs, "redo", undo.redo, "post again what was undone, by the rules in force")
    verb.add_argument("orders", nargs="+", type=_subject, metavar="ORDER", help=_ORDER)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-01-31") from None


def _add_queues(verbs: Verbs) -> None:
    _verb(verbs, "sweep", queues.sweep, "look now for orders that no webhook announced")
    verb = _verb(verbs, "redrive", queues.redrive, "put the dead letters of a queue back; without a queue, count them")
    verb.add_argument("queue", nargs="?", choices=tuple(REDRIVES), help="the queue")
    parts = _parts(verbs, "backfill", "bring in orders of the past")
    start = _verb(parts, "start", queues.backfill_start, "bring in the orders submitted on some days")
    for name, words in (("from", "the first day, in UTC"), ("to", "the day after the last")):
        start.add_argument(f"--{name}", dest=f"{name}_day", required=True, type=_day, metavar="YYYY-MM-DD", help=words)
    start.add_argument("--anew", action="store_true", help="instead of one that is under way")
    status = _verb(parts, "status", queues.backfill_status, "how far it has got")
    status.add_argument("--watch", action="store_true", help="wait until it is done")
    for verb in (start, status):
        verb.add_argument("--shop", default=SHOP, choices=tuple(SOURCES), help="the shop's name, if there are several")


def _add_payouts(verbs: Verbs) -> None:
    parts = _parts(verbs, "payouts", "what payment gateways have paid out")
    verb = _verb(parts, "import", payouts.import_file, "take the payouts of a gateway's file")
    verb.add_argument("file", help="the file as the gateway gives it")
    which = verb.add_mutually_exclusive_group(required=True)
    which.add_argument("--gateway", default="", metavar="NAME", help="read it by the mapping of this name")
    which.add_argument("--mapping", default="", metavar="FILE", help="read it by the mapping in this file")
    verb = _verb(parts, "list", payouts.list_payouts, "payouts that wait, and those that are booked")
    verb.add_argument("--state", default="", choices=("parked", "received", *STATES), help="those in this state")
    verb = _verb(parts, "show", payouts.show_payout, "the items of a payout beside what KashFlow has of them")
    verb.add_argument("payout", type=_subject, help="its key, such as payout:stripe:po_1")


def _add_rules(verbs: Verbs) -> None:
    verb = _verb(verbs, "preview", previews.preview, "what a run would do for an order now; posts nothing")
    verb.add_argument("order", type=_subject, help=_ORDER)
    verb.add_argument("--rules", default="", metavar="FILE", help="a rules document instead of the one in force")
    verb.add_argument("--anew", action="store_true", help="as if nothing had been posted for it yet")
    verb = _verb(verbs, "compare", previews.compare, "what other rules would change in the last orders; posts nothing")
    verb.add_argument("last", type=int, help="how many orders")
    verb.add_argument("--rules", required=True, metavar="FILE", help="the rules document to try")
    verb = _verb(verbs, "vat-amounts", vat_amounts.vat_amounts, "what KashFlow does with the VAT of a line")
    verb.add_argument("--forget", action="store_true", help="find out again with the next invoice that needs it")
    verb = _verb(
        verbs, "register-webhooks", webhooks.register_webhooks, "create OrderCloud's webhook, or bring it up to date"
    )
    verb.add_argument(
        "--client",
        dest="clients",
        action="append",
        default=[],
        metavar="ID",
        help="an API client through which orders are placed or changed, once for each; those there if none is named",
    )
    verb.add_argument("--url", default="", help="another address than the stack's own, such as a domain's")
    verb.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    verb = _verb(verbs, "publish", rules.publish, "put a rules document in force")
    verb.add_argument("file", help="the rules document, YAML or JSON")
    parts = _parts(verbs, "rules", "look at a rules document")
    for name, run, words in (
        ("check", rules.check, "name every mistake in a document; with a stack, all that its KashFlow account lacks"),
        ("schema", rules.schema, "print the JSON Schema of a document"),
        ("validator", rules.validator, "print the schema that AppConfig validates with"),
    ):
        verb = _verb(parts, name, run, words)
        verb.set_defaults(needs_stack=False)
        if name == "check":
            verb.set_defaults(uses_stack=True)
            verb.add_argument("file", help="the rules document, YAML or JSON")


def _verb(verbs: Verbs, name: str, run: object, words: str) -> _Parser:
    aliases = _ALIASES.get(name, ())
    verb: _Parser = verbs.add_parser(name, aliases=aliases, help=words, description=f"{words[0].upper()}{words[1:]}.")
    _add_general(verb)
    verb.set_defaults(run=run)
    return verb


def _parts(verbs: Verbs, name: str, words: str) -> Verbs:
    found: Verbs = verbs.add_parser(name, help=words).add_subparsers(required=True, metavar="VERB")
    return found


def _add_general(parser: _Parser, *, first: bool = False) -> None:
    """They may stand before the verb or after it."""
    missing = argparse.SUPPRESS
    parser.add_argument(
        "--stack",
        default=stack_in_environment() if first else missing,
        help="the deployed stack; BRIDGE_STACK names it too",
    )
    parser.add_argument("--profile", default=None if first else missing, help="the AWS profile")
    parser.add_argument("--region", default=None if first else missing, help="the AWS region")
    parser.add_argument(
        "--json", action="store_true", default=False if first else missing, help="print one JSON document"
    )


def _subject(name: str) -> Subject:
    try:
        return subject_named(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why")
    return text
