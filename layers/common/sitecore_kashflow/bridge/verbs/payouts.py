"""`payouts`: take a gateway's file, list the payouts that are known, show one with its items."""

from argparse import Namespace
from pathlib import Path

from ...canonical.payout import PAYOUT, Payout, payout_of
from ...errors import PermanentError
from ...payouts.mappings import mapping_named, parse_mapping
from ...payouts.matching import Match
from ...payouts.reading import read_payouts
from ...rules.gateways import GatewayMapping
from ...runs.records import PARKED, RECEIVED, SubjectRecord
from ...usecases.book_payout import STATES, matches_of
from ..desk import Desk
from ..payout_values import ListedPayout, PayoutList, PayoutsImported, ShownItem, ShownPayout
from ..person import Person
from ..values import Money
from .show_order import document_shown

_WITH_REASON = (PARKED, "waiting")


def import_file(asked: Namespace, desk: Desk) -> PayoutsImported:
    """Take a file as the bucket would. Nothing of it is taken if it is wrong in any way."""
    mapping = _mapping(asked, desk)
    found = desk.wiring.payout_desk.take(_read(asked.file, mapping, desk.person), desk.wiring.clock())
    listed = tuple(_listed(one.payout, RECEIVED if one.is_new else "known already", one.subject.key) for one in found)
    return PayoutsImported(asked.file, listed, sum(one.is_new for one in found))


def list_payouts(asked: Namespace, desk: Desk) -> PayoutList:
    """Those that wait first, then those that are booked; or those in one state."""
    states = [asked.state] if asked.state else [PARKED, "waiting", RECEIVED, *STATES]
    runs = desk.wiring.runs
    records = [one for state in dict.fromkeys(states) for one in runs.in_state(state, kind=PAYOUT)]
    return PayoutList(tuple(_of_record(one, desk) for one in desk.person.watch("Reading", records)))


def show_payout(asked: Namespace, desk: Desk) -> ShownPayout:
    """One payout: each item with what KashFlow has of it now, and what was booked."""
    record = desk.wiring.runs.record(asked.payout)
    payout = _kept(record, desk)
    if payout is None:
        raise PermanentError("PAYOUT_FILE_GONE", f"The ledger no longer holds the items of {asked.payout.id}.")
    matches = matches_of(payout, desk.wiring.documents, desk.wiring.rules_source())
    states = {id(one.item): one for one in matches if one.item}
    items = tuple(_item(payout, place, states) for place in range(len(payout.items)))
    documents = tuple(document_shown(entry) for entry in desk.wiring.documents.of(asked.payout))
    return ShownPayout(_of_record(record, desk), items, documents)


def _mapping(asked: Namespace, desk: Desk) -> GatewayMapping:
    if asked.mapping:
        try:
            return parse_mapping(Path(asked.mapping).read_text("utf-8"), asked.mapping)
        except (OSError, UnicodeDecodeError) as error:
            raise PermanentError(
                "GATEWAY_MAPPING_INVALID", f"{asked.mapping} cannot be read: {type(error).__name__}."
            ) from None
    return mapping_named(asked.gateway, desk.wiring.rules_source().payouts.mappings)


def _read(file: str, mapping: GatewayMapping, person: Person) -> list[Payout]:
    try:
        with Path(file).open("rb") as source:
            return read_payouts(source, mapping, lambda rows: person.hear(f"{rows:,} rows of {file} read"))
    except OSError as error:
        raise PermanentError("PAYOUT_FILE_UNREADABLE", f"{file} cannot be read: {type(error).__name__}.") from None
    finally:
        person.hear("")


def _of_record(record: SubjectRecord, desk: Desk) -> ListedPayout:
    payout = _kept(record, desk)
    reason = record.parking.reason or (record.awaits.words if record.state in _WITH_REASON else "")
    if payout is None:
        return ListedPayout(record.subject.key, record.state, code=record.parking.code, reason=reason)
    return _listed(payout, record.state, record.subject.key, record.parking.code, reason)


def _kept(record: SubjectRecord, desk: Desk) -> Payout | None:
    kept = desk.wiring.kept_events.newest(record.subject)
    return None if kept is None else payout_of(kept.body)


def _listed(payout: Payout, state: str, key: str, code: str = "", reason: str = "") -> ListedPayout:
    amount = None if payout.amount is None else Money(payout.amount, payout.currency)
    return ListedPayout(key, state, payout.arrives_on, amount, len(payout.items), code, reason)


def _item(payout: Payout, place: int, states: dict[int, Match]) -> ShownItem:
    one = payout.items[place]
    match = states.get(id(one))
    return ShownItem(
        kind=one.kind,
        id=one.keys[0] if one.keys else one.id,
        order=one.order_id,
        amount=Money(one.amount, one.currency),
        settled=Money(one.settled, payout.currency),
        fee=Money(one.fee, payout.currency),
        match=match.state if match else "",
    )
