"""One order in sentences: where it stands, what the books hold for it, and what its runs did."""

from collections.abc import Iterator

from ..canonical.states import OrderState
from .values import DocumentShown, DuplicateShown, ListedOrder, RunShown, ShownOrder
from .words import age, amount, counted, moment, sums

_STATES = {
    "received": "An event for {order} arrived on {since}; nothing has been read yet.",
    "waiting": "{order} has been waiting since {since}: it is not due for the books yet.",
    "opened": "{order} was read on {since}, and its documents are being made.",
    "invoiced": "{order} has had its invoice since {since}, and money is owed.",
    "paid": "{order} has been paid in full since {since}.",
    "cancelled": "{order} was cancelled before there was an invoice; the bridge has known this since {since}.",
    "shadowed": "{order} was worked out on {since} and not posted: the bridge is not live for it.",
    "parked": "{order} has been waiting for a person since {since}.",
    "abandoned": "{order} was left alone on {since}, as a person decided.",
}


def show_lines(shown: ShownOrder) -> Iterator[str]:
    """What a bookkeeper asks about."""
    yield from _standing(shown.order)
    yield from map(_document, shown.documents)
    for one in shown.documents:
        if one.rules_held:
            yield f"The {one.kind} {one.reference} was made by the conditional rules: {', '.join(one.rules_held)}."
    for approval in shown.approvals:
        by = f" by {approval.by}" if approval.by else ""
        yield f"What the rule {approval.rule!r} holds was approved{by} on {moment(approval.at)}."
    if not shown.documents and shown.order.amount:
        yield f"It comes to {amount(shown.order.amount)}; the ledger knows of no document in the books for it."
    for payment_id, paid in shown.imported.items():
        yield (
            f"KashFlow imports the receipt of payment {payment_id} over {amount(paid)} by itself, as the rules say. "
            "The bridge posts none and does not count it: KashFlow shows whether it has come."
        )
    if shown.customer_code:
        yield f"The customer in KashFlow is {shown.customer_code}."
    if shown.lease.is_open and shown.order.state != OrderState.PARKED:
        yield "The bridge is working on it now."
    for duplicate in shown.duplicates:
        yield from duplicate_lines(duplicate)


def detail_lines(shown: ShownOrder) -> Iterator[str]:
    """The same, and what an engineer asks about."""
    yield from show_lines(shown)
    if shown.order.step:
        yield f"It stopped at {shown.order.step}."
    yield from map(_making, shown.documents)
    yield from _events_and_runs(shown)
    if shown.address:
        yield f"In Sitecore: {shown.address}"
    yield from (f"In KashFlow: {one.address}" for one in shown.documents if one.address)


def duplicate_lines(one: DuplicateShown) -> Iterator[str]:
    """Documents that share a reference, and what to do about it."""
    yield f"{one.reference}: {counted(len(one.documents) + one.more, one.kind)}, found on {moment(one.found_at)}."
    for document in one.documents:
        own = ", the order's own by the ledger" if document.is_the_orders_own else ""
        issued = document.issued.isoformat() if document.issued else "without a date"
        yield f"    {document.number}, {issued}, {document.gross.amount:.2f} {document.gross.currency}, " + (
            f"customer {document.customer_code}{own}"
        )
    if one.more:
        yield f"    and {one.more} more"
    yield f"    {_advice(one)}"


def _standing(order: ListedOrder) -> Iterator[str]:
    since = f"{moment(order.since)} ({age(order.age_seconds)} ago)"
    words = _STATES.get(order.state, "{order} has been {state} since {since}.")
    if (order.state, order.code) == (OrderState.WAITING, "LEFT_OUT"):
        words = "{order} is due, and has been left out since {since}."
    yield words.format(order=order.order, state=order.state, since=since)
    code = f"[{order.code}] " if order.code else ""
    if order.reason:
        yield f"{code}{order.reason}"
    if order.decided_by:
        yield f"So decided {order.decided_by}."


def _document(one: DocumentShown) -> str:
    checked = " and was read back" if one.is_checked else ", but was not read back yet"
    if one.kind == "receipt":
        money = f"The receipt of payment {one.reference} over {one.sums.gross} {one.sums.currency}"
        stands = f"{money} is on invoice {one.number}{checked}."
    else:
        money = f"The {one.kind.replace('_', ' ')} {one.reference}"
        found = ", found there and not posted again," if one.is_adopted else ""
        paid = "".join(f" It carries {amount(paid)} of payment {key}." for key, paid in (one.carries or {}).items())
        name = one.kind.replace("_", " ").capitalize()
        stands = f"{name} {one.number}{found} is in KashFlow{checked}: {sums(one.sums)}.{paid}"
    if one.status == "standing":
        return stands
    if one.in_doubt_until:
        return f"{money} may be in KashFlow: its answer was lost. A run looks again after {moment(one.in_doubt_until)}."
    return f"{money} is not in KashFlow."


def _making(one: DocumentShown) -> str:
    known = f", KashFlow's id {one.internal_id}" if one.internal_id else ""
    return f"The {one.kind} {one.reference} was made by rules {one.rules_version}{known}."


def _events_and_runs(shown: ShownOrder) -> Iterator[str]:
    unread = shown.events - shown.served
    left = f"; {unread} since the order was last read" if unread else ", all before the order was last read"
    yield f"{counted(shown.events, 'event')} came{left}."
    lease = shown.lease
    if lease.is_open and lease.opened_at:
        tried = f", and has been tried again {counted(lease.retries, 'time')}" if lease.retries else ""
        step = f" Its step began on {moment(lease.step_entered_at)}{tried}." if lease.step_entered_at else ""
        yield f"Run {lease.number} has held it since {moment(lease.opened_at)}.{step}"
    for run in shown.runs:
        yield from _run(run)


def _run(run: RunShown) -> Iterator[str]:
    if run.status == "FORGOTTEN":
        yield f"Run {run.number}: Step Functions remembers nothing of it. ({run.execution_arn})"
        return
    times = " to ".join(moment(at) for at in (run.started_at, run.stopped_at) if at)
    status = run.status.lower().replace("_", " ")
    yield f"Run {run.number}: {status}{f', {times}' if times else ''}. ({run.execution_arn})"
    for one in run.attempts:
        yield f"    {one.at:%Y-%m-%d %H:%M:%S} UTC  {one.step}{f' failed with {one.error}' if one.error else ''}"


def _advice(one: DuplicateShown) -> str:
    own, numbers = one.own_number, [document.number for document in one.documents]
    others = ", ".join(str(number) for number in numbers if number != own)
    if own in numbers or (own and one.more):
        return (
            f"Keep {own}. If {others} is the same sale, move its payments to {own}, then delete it in KashFlow. "
            "If it is another sale, correct its reference there."
        )
    known = f"The ledger's invoice {own} is none of them." if own else "The ledger knows none of them."
    return (
        f"{known} If they are the same sale, keep one, move the payments of the others to it, and delete the others in "
        "KashFlow. If they are different sales, correct their references, or allow them."
    )
