"""A payout file becomes payouts: each is kept whole, and an envelope says that it is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..canonical.keys import digest_of
from ..canonical.payout import PAYOUT, Payout, packed_payout
from ..documents.store import DocumentStore
from ..errors import PermanentError
from ..observability import LogCode, note
from ..payouts.mappings import mapping_named
from ..payouts.reading import read_payouts
from ..payouts.rows import Source
from ..rules.model import Rules
from ..runs.envelope import Envelope
from ..runs.kept_events import Kept, KeptEvents
from ..runs.queue import Queues
from ..runs.subject import Subject


@dataclass(frozen=True)
class ObjectPlace:
    """An object in a bucket. Its first folder names the mapping: `stripe/november.csv`."""

    bucket: str
    key: str

    @property
    def mapping(self) -> str:
        return self.key.partition("/")[0]


OpenObject = Callable[[ObjectPlace], Source]
"""Gives the body of an object, to be read piece by piece."""


@dataclass(frozen=True)
class Imported:
    """A payout of a file; `is_new`: nothing was known of it, or it was otherwise and not booked yet."""

    subject: Subject
    payout: Payout
    is_new: bool


@dataclass(frozen=True)
class PayoutDesk:
    """Where payouts are kept, and which documents were made of them."""

    kept_events: KeptEvents
    documents: DocumentStore
    queues: Queues

    def take(self, payouts: Sequence[Payout], now: datetime) -> list[Imported]:
        """Keep all of them, and send an envelope for each.

        Raises `PermanentError`, before anything is kept, if one was booked otherwise. Taking them again does no harm:
        what did not reach the queue the first time does then.
        """
        found = [self._compared(one) for one in payouts]
        for one in found:
            self._keep(one, now)
        return found

    def _compared(self, payout: Payout) -> Imported:
        subject = Subject(PAYOUT, payout.gateway, payout.id)
        kept = self.kept_events.newest(subject)
        is_new = kept is None or kept.body != packed_payout(payout)
        if kept is not None and is_new and self.documents.of(subject).posted():
            raise PermanentError(
                "PAYOUT_CHANGED",
                f"Payout {payout.id} of {payout.amount} {payout.currency} is in the books, and the file says it "
                "otherwise now. Nothing of the file was taken. Compare it with the earlier one; what is "
                "wrong in KashFlow is corrected there by hand.",
            )
        return Imported(subject, payout, is_new)

    def _keep(self, one: Imported, now: datetime) -> None:
        body = packed_payout(one.payout)
        if one.is_new:
            before = self.kept_events.newest(one.subject)
            self.kept_events.keep(one.subject, Kept(body, 1 + (before.version if before else 0)), now)
        self.queues(PAYOUT).put(
            Envelope(
                subject=one.subject,
                hint="payout file",
                hint_id=digest_of(body.decode()),
                received_at=now,
                correlation_id=f"payout-{one.subject.id}",
            )
        )


def import_payouts(
    place: ObjectPlace, *, open_object: OpenObject, payout_desk: PayoutDesk, rules: Rules, now: datetime
) -> list[Imported]:
    """Take a file from the bucket. Raises `PermanentError`, and takes nothing, if it is wrong in any way."""
    mapping = mapping_named(place.mapping, rules.payouts.mappings)
    found = payout_desk.take(read_payouts(open_object(place), mapping, _note_progress), now)
    note(LogCode.PAYOUTS_IMPORTED, payouts=len(found), new=sum(one.is_new for one in found))
    return found


def _note_progress(rows: int) -> None:
    note(LogCode.PAYOUT_ROWS_READ, rows=rows)
