"""The in-memory ledger table answers as the local AWS's DynamoDB does: the same scenarios on both."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sandbox.deployment import client_arguments
from sandbox.processes import Processes
from sandbox.stack import aws_environment, start_emulator, wait_for_emulator
from tests.ledger_scenarios import SCENARIOS, Calls, make_table, require_alike

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """boto3's resource on a local AWS of its own."""
    home = tmp_path_factory.mktemp("emulator")
    with Processes(home) as processes:
        endpoint = start_emulator(processes, home)
        wait_for_emulator(processes, endpoint)
        yield boto3.resource("dynamodb", **client_arguments(aws_environment(endpoint)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_memory_table_when_used_as_the_bridge_does_answers_as_the_local_aws(
    dynamodb: Any, scenario: Callable[[Any], Calls]
) -> None:
    require_alike(make_table(dynamodb, f"Ledger-{scenario.__name__}"), scenario)
