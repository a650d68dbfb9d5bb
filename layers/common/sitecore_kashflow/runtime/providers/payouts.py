"""Payout files, and where their payouts are kept."""

from ...payouts.rows import Source
from ...usecases.import_payouts import ObjectPlace, OpenObject, PayoutDesk
from ..wiring import Wiring


def open_object(wiring: Wiring) -> OpenObject:
    s3 = wiring.aws.client("s3")

    def opened(place: ObjectPlace) -> Source:
        body: Source = s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]
        return body

    return opened


def payout_desk(wiring: Wiring) -> PayoutDesk:
    return PayoutDesk(wiring.kept_events, wiring.documents, wiring.queues)
