"""Orders while the functions' workers and both imitated systems are killed at random: all right in the end."""

import io
from collections import Counter

import pytest
from rich.console import Console

from sandbox.addresses import LOCAL
from sandbox.demo import play
from sandbox.havoc import SETTINGS, Havoc
from sandbox.retail import demo_orders
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books

pytestmark = pytest.mark.e2e

KILLS, SEED = 25, 1


def test_orders_when_workers_and_servers_are_killed_meanwhile_each_get_one_invoice() -> None:
    orders, told = demo_orders(16), io.StringIO()
    with local_stack(StackOptions(is_kept=True, parameters=SETTINGS)) as stack:
        havoc = Havoc(stack, KILLS, SEED)
        status = play(orders, stack, Console(file=told, width=120), may_park=False, havoc=havoc)
        assert status == 0, told.getvalue()
        with Books(stack.kashflow_url) as books:
            references = Counter(row["CustomerReference"] for row in books.rows())
    assert references == {order.order_id: 1 for order in orders}
    assert set(havoc.killed) == {"workers", "kashflow", "ordercloud"}
    log = (LOCAL / "emulator.log").read_text("utf-8")
    assert "Runtime exited before returning a response" in log, "no worker was killed in the middle of a call"
