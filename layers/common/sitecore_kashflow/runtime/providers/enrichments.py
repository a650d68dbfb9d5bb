"""What asks the shop's own function about orders."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from ..wiring import Wiring

if TYPE_CHECKING:
    from ...usecases.enrich_order import Enricher


def enricher(wiring: Wiring) -> "Callable[[str], Enricher]":
    """By the function's ARN; nothing of it is loaded before it is needed."""

    @cache
    def of(arn: str) -> "Enricher":
        from botocore.config import Config  # noqa: PLC0415

        from ...calls.shop_function import SECONDS, ShopFunction  # noqa: PLC0415
        from ...usecases.enrich_order import Enricher  # noqa: PLC0415

        once = Config(read_timeout=SECONDS, retries={"total_max_attempts": 1})
        return Enricher(ShopFunction(wiring.aws.client("lambda", config=once), arn), wiring.runs)

    return of
