"""OrderCloud as a shop."""

from ...calls.access import AccessStore, Budget
from ...calls.credentials import OrdercloudCredentials
from ...calls.http import Caller
from ...shops.ordercloud.client import DIALECT, SYSTEM, OrdercloudClient
from ...shops.ordercloud.shop import OrdercloudShop
from ..secrets import Secret
from ..settings import OrdercloudSettings, read_settings
from ..wiring import Wiring
from .http import gate


def shop(wiring: Wiring) -> OrdercloudShop:
    settings = read_settings(OrdercloudSettings)
    store = AccessStore(wiring.table, "ORDERCLOUD")
    budget = Budget(settings.ordercloud_calls_per_second, settings.ordercloud_parallel_calls)
    credentials = Secret(
        wiring.aws.client("secretsmanager"),
        settings.ordercloud_secret_name,
        OrdercloudCredentials.model_validate,
        wiring.clock,
    )
    client = OrdercloudClient(
        caller=Caller(DIALECT, settings.base_url, wiring.http, wiring.clock),
        credentials=credentials,
        store=store,
        gate=gate(wiring, SYSTEM, store, budget),
        clock=wiring.clock,
    )
    return OrdercloudShop(client)
