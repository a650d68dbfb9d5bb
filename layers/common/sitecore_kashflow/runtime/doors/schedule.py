"""Doors that a schedule opens."""

import functools
from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from .observed import Event, by_family, log_error, observed


def scheduled(handle: Callable[[Event], Event]) -> Callable[[Event, LambdaContext], Event]:
    """An error is let out by its family, so that the schedule's retries see it."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with observed(context):
            try:
                return handle(event)
            except Exception as error:
                log_error(error)
                raise by_family(error) from None

    return door
