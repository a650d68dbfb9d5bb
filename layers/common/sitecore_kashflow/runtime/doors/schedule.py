"""Doors that a schedule opens."""

import functools
from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from .observed import Event, by_family, log_error, observed


def scheduled(handle: Callable[[Event], Event]) -> Callable[[Event, LambdaContext], Event]:
    """A door that raises errors by their family, so that the schedule tries again."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with observed(context):
            try:
                return handle(event)
            except Exception as error:
                log_error(error)
                raise by_family(error) from None

    return door
