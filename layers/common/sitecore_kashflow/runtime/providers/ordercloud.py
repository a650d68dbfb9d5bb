"""OrderCloud as a shop."""

from typing import TYPE_CHECKING

from ...calls.access import AccessStore, Budget
from ...calls.credentials import OrdercloudCredentials
from ...shops.ordercloud.audience import OrdercloudAudience
from ...shops.ordercloud.client import DIALECT, SYSTEM, Login, OrdercloudClient
from ...shops.ordercloud.lists import OrdercloudLists
from ..secrets import Secret, credentials_of
from ..settings import OrdercloudSettings, read_settings
from ..wiring import Wiring
from .http import gate
from .modes import caller as caller_in_mode

if TYPE_CHECKING:
    from ...shops.ordercloud.orders import OrdercloudOrders


def ordercloud_client(wiring: Wiring) -> OrdercloudClient:
    settings = read_settings(OrdercloudSettings)
    store = AccessStore(wiring.table, "ORDERCLOUD")
    budget = Budget(settings.ordercloud_calls_per_second, settings.ordercloud_parallel_calls)
    credentials = Secret(
        wiring.aws.client("secretsmanager"),
        settings.ordercloud_secret_name,
        credentials_of(OrdercloudCredentials),
        wiring.clock,
    )
    return OrdercloudClient(
        caller=caller_in_mode(wiring)(DIALECT, settings.base_url, wiring.http, wiring.clock),
        login=Login(credentials, settings.roles),
        store=store,
        gate=gate(wiring, SYSTEM, store, budget),
        clock=wiring.clock,
    )


def orders(wiring: Wiring) -> "OrdercloudOrders":
    from ...shops.ordercloud.orders import OrdercloudOrders  # noqa: PLC0415 -- models that other doors do not use

    return OrdercloudOrders(wiring.ordercloud_client)


def lists(wiring: Wiring) -> OrdercloudLists:
    return OrdercloudLists(wiring.ordercloud_client)


def audience(wiring: Wiring) -> OrdercloudAudience:
    return OrdercloudAudience(wiring.ordercloud_client)
