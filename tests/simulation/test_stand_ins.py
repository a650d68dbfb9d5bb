"""The in-memory ledger table is DynamoDB, as far as the bridge uses it: the same scenarios on it and on moto."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.ledger_scenarios import SCENARIOS, Calls, make_table, require_alike


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_memory_table_when_used_as_the_bridge_does_answers_as_dynamodb(scenario: Callable[[Any], Calls]) -> None:
    with mock_aws():
        require_alike(make_table(boto3.resource("dynamodb")), scenario)
