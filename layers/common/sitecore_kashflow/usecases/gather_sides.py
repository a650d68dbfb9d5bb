"""Gathers what both sides say of some days, a page at a time: the ledger, the shops, KashFlow's lists.

Each stage says how far it has got in words of its own (`Pass.place`), so that another worker can go on from there.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ..books.kashflow.seen import receipt_in_bank, shown_document
from ..books.kashflow.wire import BankAccount, read_date
from ..canonical.days import day_begins
from ..canonical.money import ZERO, round_money
from ..canonical.states import OrderState
from ..errors import PermanentError
from ..plan.periods import LATEST_MOVE
from ..reconciliation.ledger_side import documents_of, receipts_of
from ..reconciliation.progress import Pass, Stage
from ..reconciliation.values import Balance
from ..rules.model import Rules
from ..runs.records import SubjectRecord
from ..runs.subject import Subject
from .both_sides import BothSides
from .prove_differences import is_of_others, prove_differences

_AT_ONCE = 100
_CENTS = "GBP"
_SLICE = timedelta(days=6)
_JUST_NOW = timedelta(hours=1)
_STATES = tuple(OrderState)


def gather(gathered: Pass, sides: BothSides, rules: Rules, may_go_on: Callable[[], bool]) -> None:
    """Go on with a pass until it is done, or may not go on. Raises `RetryableError` if a system cuts it short."""
    stages = {Stage.LEDGER: _ledger, Stage.SHOP: _shop, Stage.LIST: _list, Stage.BANK: _bank}
    while gathered.stage in stages:
        if not may_go_on():
            return
        if stages[gathered.stage](gathered, sides, rules):
            gathered.next_stage()
    if gathered.stage is Stage.PROOF and prove_differences(gathered, sides, rules, may_go_on):
        gathered.next_stage()


def _learn_order(gathered: Pass, record: SubjectRecord, sides: BothSides, rules: Rules) -> None:
    """Keep what the ledger has of an order, in the place of what was known of it."""
    entries, key = sides.documents.of(record.subject), record.subject.key
    gathered.known.add(key)
    gathered.learn(documents_of(key, entries, gathered.currency), receipts_of(entries))
    one = sides.open_order(record, entries, rules)
    gathered.open_orders.pop(key, None)
    if one is not None and gathered.period.has(one.day):
        gathered.open_orders[key] = one


def _ledger(gathered: Pass, sides: BothSides, rules: Rules) -> bool:
    """Orders by their states, and in a state by when they came into it. Nothing was posted for them after that."""
    state, _, after = gathered.place.partition(" ")
    at = _STATES.index(OrderState(state)) if state else 0
    earliest = day_begins(gathered.period.first - LATEST_MOVE).isoformat(timespec="microseconds")
    found = sides.runs.next_in_state("order", _STATES[at], after or earliest, _AT_ONCE)
    for record in found:
        _learn_order(gathered, record, sides, rules)
    if found:
        gathered.place = f"{_STATES[at]} {found[-1].state_since}"
        return False
    gathered.place = str(_STATES[at + 1]) if at + 1 < len(_STATES) else ""
    return not gathered.place


def _shop(gathered: Pass, sides: BothSides, rules: Rules) -> bool:
    """The orders that each shop has of these days: those of the last hour may still be on their way."""
    del rules
    source, _, last_id = gathered.place.partition(" ")
    source = source or sides.sources[0]
    since = (day_begins(gathered.period.first), sides.live_from, gathered.heard_from)
    first = max(one for one in since if one is not None)
    last = min(day_begins(gathered.period.last + timedelta(days=1)), sides.clock() - _JUST_NOW)
    found = sides.lists(source).placed_between(first, last, last_id) if first < last else ()
    for one in found:
        key = f"order:{source}:{one.id}"
        if key not in gathered.unheard and not _is_known(gathered, sides, source, one.id):
            gathered.unheard.append(key)
    if found:
        gathered.place = f"{source} {found[-1].place or found[-1].id}"
        return False
    later = sides.sources[sides.sources.index(source) + 1 :]
    gathered.place = later[0] if later else ""
    return not later


def _is_known(gathered: Pass, sides: BothSides, source: str, order_id: str) -> bool:
    try:
        subject = Subject("order", source, order_id)
        return subject.key in gathered.known or bool(sides.runs.record(subject))
    except ValueError:
        return True  # no order of ours can have such an id
    except PermanentError:
        return False


def _list(gathered: Pass, sides: BothSides, rules: Rules) -> bool:
    """Pages of the invoice list from the last to the first, so that neither a new row nor a deleted one hides another.

    A row that is put in below may, by a page at most: if there are more than before, the page above is read again.
    """
    period, page = gathered.period, int(gathered.place or 0)
    seen = sides.client.invoices_between(period.first, period.last, page or 1)
    found = list(seen.invoices)
    if page and seen.total > gathered.total:
        found += sides.client.invoices_between(period.first, period.last, page + 1).invoices
    for invoice in found:
        shown = shown_document(invoice)
        if shown.number not in gathered.expected and is_of_others(shown, rules):
            gathered.others.add(shown.number)
        elif period.has(shown.issued) or shown.number in gathered.expected:
            gathered.see(shown)
    gathered.total = seen.total
    left = page - 1 if page else -(-seen.total // max(len(seen.invoices), 1))
    gathered.place = str(left)
    return left < (1 if page else 2)


def _bank(gathered: Pass, sides: BothSides, rules: Rules) -> bool:
    """The list of each bank account, some days at a time."""
    rows = [BankAccount.model_validate(one) for one in sides.client.bank_accounts() or []]
    accounts = sorted((one for one in rows if not one.is_archived), key=lambda one: one.id)
    account_id, _, day = gathered.place.partition(" ")
    account = next((one for one in accounts if one.id >= int(account_id or 0)), None)
    if account is None:
        return True
    if account.code in {one.bank_account for one in rules.payments.accounts if one.imported_by_kashflow}:
        gathered.brought.add(account.id)
    last = _bank_days(gathered, sides, account, day)
    gathered.place = f"{account.id} {last}" if last else f"{account.id + 1}"
    return False


def _bank_days(gathered: Pass, sides: BothSides, account: BankAccount, day: str) -> str:
    """Read an account from a day on; the day on which to go on, if any is left."""
    period = gathered.period
    first = datetime.fromisoformat(day).date() if day else period.first
    last = min(first + _SLICE, period.last)
    if first == period.first:
        seen = sides.client.bank_balances(account.id, period.first, period.last)
        opening = round_money(seen.opening_balance or ZERO, _CENTS)
        closing = None if seen.closing_balance is None else round_money(seen.closing_balance, _CENTS)
        gathered.balances[account.id] = Balance(account.code, account.account_name, opening, {}, closing)
    moved = dict(gathered.balances[account.id].moved)
    for row in sides.client.bank_rows(account.id, first, last):
        at, receipt = read_date(row.date), receipt_in_bank(row, account.id)
        if at is not None:
            moved[at] = moved.get(at, ZERO) + round_money(row.amount, _CENTS)
        if receipt is not None:
            gathered.received.setdefault(receipt.number, []).append(receipt)
    before = gathered.balances[account.id]
    gathered.balances[account.id] = Balance(before.account, before.name, before.opening, moved, before.closing)
    return (last + timedelta(days=1)).isoformat() if last < period.last else ""
