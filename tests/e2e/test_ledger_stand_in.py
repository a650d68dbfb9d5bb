"""The in-memory ledger table answers as the local AWS's DynamoDB does: the same scenarios on both."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from sandbox.addresses import aws_environment, client_arguments
from tests.ledger_scenarios import SCENARIOS, Calls, make_table, require_alike

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def dynamodb(emulator: str) -> Any:
    """boto3's resource on a local AWS."""
    return boto3.resource("dynamodb", **client_arguments(aws_environment(emulator)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_memory_table_when_used_as_the_bridge_does_answers_as_the_local_aws(
    dynamodb: Any, scenario: Callable[[Any], Calls]
) -> None:
    require_alike(make_table(dynamodb, f"Ledger-{scenario.__name__}"), scenario)
