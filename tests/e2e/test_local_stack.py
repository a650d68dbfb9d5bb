"""The real template on the local AWS: the main job, parking and resuming, lost answers, and the roles as deployed."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import boto3
import httpx
import pytest
from rich.console import Console

from sandbox.addresses import LocalStack
from sandbox.demo import play
from sandbox.kashflow.app import create_app as kashflow_app
from sandbox.ordercloud.app import create_app as ordercloud_app
from sandbox.retail import RetailShop, demo_orders
from sandbox.shared.serve import running
from sandbox.stack import local_stack
from sandbox.stack_options import LARGE_BUDGETS, StackOptions
from sandbox.witness import Books
from tests.stage import Shop

pytestmark = pytest.mark.e2e

NONE_WAIT = {"waiting": 0, "without_evidence": 0, "cut_short": 0}
SHORT_WAITS = {"RetryFirstWaitSeconds": "1", "UnknownOutcomeWaitSeconds": "3", "CommitSettleSeconds": "2"}


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """One stack for all, with IAM switched on; its two systems run already, as for `make stack KASHFLOW_URL=…`.

    The order A-MISSED was submitted before the shop had a webhook.
    """
    parameters = SHORT_WAITS | LARGE_BUDGETS
    with (
        running(kashflow_app()) as kashflow_url,
        running(ordercloud_app()) as ordercloud_url,
        local_stack(StackOptions(f"{kashflow_url}/v2", ordercloud_url, None, parameters, check_permissions=True)) as up,
    ):
        early = Shop(ordercloud_url)
        early.order("A-MISSED")
        early.close()
        with RetailShop(ordercloud_url) as backoffice:
            backoffice.subscribe(up.ordercloud_webhook_url, up.hash_key)
        yield up


@pytest.fixture
def shop(stack: LocalStack) -> Iterator[Shop]:
    made = Shop(stack.ordercloud_url)
    yield made
    made.close()


def invoices_of(stack: LocalStack, reference: str) -> list[dict[str, object]]:
    with Books(stack.kashflow_url) as books:
        return [row for row in books.rows() if row["CustomerReference"] == reference]


def test_main_job_when_orders_are_placed_ends_right_on_both_sides(stack: LocalStack) -> None:
    told = io.StringIO()
    status = play(demo_orders(6), stack, Console(file=told, width=120), may_park=False)
    assert status == 0, told.getvalue()
    assert "All 6 orders are right on both sides." in told.getvalue()


def test_webhook_when_its_hash_is_wrong_is_turned_away(stack: LocalStack) -> None:
    for headers in ({}, {"X-oc-hash": "bm90IHRoZSBoYXNo"}):
        answer = httpx.post(
            stack.ordercloud_webhook_url, content=b'{"Route": "v1/orders"}', headers=headers, timeout=30
        )
        assert answer.status_code == 401
        assert answer.json()["Errors"][0]["ErrorCode"] == "Unauthorized"


def test_order_when_the_reply_to_its_invoice_is_lost_gets_one_invoice(stack: LocalStack, shop: Shop) -> None:
    control = stack.kashflow_url.removesuffix("/v2")
    fault = {"method": "POST", "path": "/v2/invoices", "kind": "reset_after", "times": 1}
    httpx.post(f"{control}/_sandbox/faults", json=fault).raise_for_status()
    shop.order("E-LOST")
    wait_for(lambda: shop.said("E-LOST").get("SyncState") == "Invoiced")
    assert len(invoices_of(stack, "E-LOST")) == 1


def test_order_when_its_tax_cannot_be_explained_waits_and_goes_on_when_resumed(stack: LocalStack, shop: Shop) -> None:
    shop.order("E-TAX", tax="3.33")
    wait_for(lambda: shop.said("E-TAX").get("SyncState") == "Parked")
    assert invoices_of(stack, "E-TAX") == []
    told = bridge(stack, "list")
    assert "E-TAX" in told
    assert "The shop charged 3.33 GBP VAT" in told
    shop.call("PATCH", "/v1/orders/Incoming/E-TAX", TaxCost=Decimal("4.99"))
    assert "carries on at PrepareOrder" in bridge(stack, "retry", "E-TAX")
    wait_for(lambda: shop.said("E-TAX").get("SyncState") == "Invoiced")
    assert len(invoices_of(stack, "E-TAX")) == 1
    assert "E-TAX" not in bridge(stack, "list")


def scheduled(stack: LocalStack, function: str) -> object:
    """What the function's schedule does."""
    found = boto3.client("cloudformation", **stack.client_arguments).describe_stack_resource(
        StackName=stack.stack_name, LogicalResourceId=function
    )
    functions = boto3.client("lambda", **stack.client_arguments)
    answer = functions.invoke(FunctionName=found["StackResourceDetail"]["PhysicalResourceId"], Payload=b"{}")
    return json.loads(answer["Payload"].read())


def bridge(stack: LocalStack, *arguments: str) -> str:
    """What an operator's command says."""
    command = [sys.executable, "-m", "sandbox.bridge", *arguments]
    environment = os.environ | {"STACK": str(stack.file)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_roles_when_really_evaluated_allow_all_that_the_walk_needs(stack: LocalStack, shop: Shop) -> None:
    control = stack.kashflow_url.removesuffix("/v2")
    httpx.delete(f"{control}/_sandbox/calls").raise_for_status()
    card = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}
    wait = {"method": "POST", "path": "/v2/invoices", "kind": "status", "status": 429, "times": 1}
    httpx.post(f"{control}/_sandbox/faults", json=wait).raise_for_status()
    shop.paid_order("A-PAID", card)
    shop.order("A-LATER", payment=card)
    shop.order("A-TAX", tax="3.33")
    wait_for(lambda: shop.said("A-PAID").get("SyncState") == "Paid")
    wait_for(lambda: shop.said("A-LATER").get("SyncState") == "Invoiced")
    wait_for(lambda: shop.said("A-TAX").get("SyncState") == "Parked")
    shop.capture("A-LATER", "card-1")
    wait_for(lambda: shop.said("A-LATER").get("SyncState") == "Paid")
    shop.call("PATCH", "/v1/orders/Incoming/A-TAX", TaxCost=Decimal("4.99"))
    bridge(stack, "retry", "A-TAX")
    wait_for(lambda: shop.said("A-TAX").get("SyncState") == "Invoiced")
    submitted = shop.call("GET", "/v1/orders/Incoming")["Meta"]["TotalCount"]
    days = ("--from", "2020-01-01", "--to", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}")
    assert "Each sweep will bring in some of" in bridge(stack, "backfill", "start", *days)
    assert "Each sweep will bring in some of" in bridge(stack, "backfill", "status")
    assert json.loads(bridge(stack, "sweep", "--json"))["found"] == NONE_WAIT | {
        "swept": submitted,
        "returned": 0,
        "again": 0,
        "backfilled": submitted,
        "told": 0,
    }
    wait_for(lambda: shop.said("A-MISSED").get("SyncState") == "Invoiced")
    assert scheduled(stack, "SweepOrdersFunction") == NONE_WAIT | {
        "swept": submitted,
        "returned": 0,
        "again": 0,
        "backfilled": 0,
        "told": 0,
    }
    assert len(invoices_of(stack, "A-LATER")) == 1
    assert json.loads(httpx.get(f"{control}/_sandbox/calls").text)["by_route"]["POST /v2/invoices"] == 5
    assert scheduled(stack, "WatchDuplicatesFunction") == {"standing": 0, "pages_left": 0}
    assert "0 references are used twice or more" in bridge(stack, "duplicates")
    assert "'stage': 'done'" in str(scheduled(stack, "ReconcileBooksFunction"))
    assert "A-PAID is not a duplicate reference." in bridge(stack, "duplicates", "--allow", "A-PAID")
    assert bridge(stack, "show", "A-PAID").startswith("A-PAID has been paid in full since ")
    assert json.loads(bridge(stack, "redrive", "--json"))["waiting"] == {
        "order": 0,
        "backfill": 0,
        "parking": 0,
        "sweep": 0,
        "notify": 0,
        "watch": 0,
        "reconciliation": 0,
        "payout": 0,
        "payout-import": 0,
    }
