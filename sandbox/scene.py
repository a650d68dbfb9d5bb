"""The setting for the sample events in `events/`.

Order SO-1001 is in the sandbox shop, and the ledger says that run 1 holds it, so that each step of the
workflow can be called by hand, in walking order: what one step leaves behind, the next one needs.
"""

from decimal import Decimal
from typing import Any

import boto3

from sandbox.retail import RetailShop, ShopError
from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind, RetailOrder

_JANE = Customer(
    "acme", "Acme Ltd", "jane", "Jane", "Doe", "jane@acme.example",
    Address("acme-hq", "1 High Street", "Leeds", "LS1 1AA", "GB", company="Acme Ltd"),
)  # fmt: skip

ORDER = RetailOrder(
    "SO-1001",
    _JANE,
    (
        OrderLine("WIDGET", "Widget", 3, Decimal("20.00"), discount=Decimal("6.00")),
        OrderLine("ATLAS", "Road atlas", 1, Decimal("40.00"), "ZERO"),
    ),
    shipping=Decimal("5.00"),
    discount=Decimal("4.00"),
    payment=PaymentKind.AUTHORISED,
)


def place_order(ordercloud_url: str) -> None:
    """Place SO-1001 unless it is there already, through the API client that no webhook is configured for."""
    with RetailShop(ordercloud_url, ("setup", "setup-secret")) as shop:
        try:
            shop.place(ORDER)
        except ShopError as refusal:
            if " 409" not in str(refusal):
                raise


def open_run(ledger_table: str, **client: Any) -> None:
    """Let run 1 hold SO-1001 in the ledger, no step begun. `client`: arguments for boto3, such as `endpoint_url`."""
    boto3.resource("dynamodb", **client).Table(ledger_table).update_item(
        Key={"pk": f"ORDER#ordercloud:{ORDER.order_id}", "sk": "STATE"},
        UpdateExpression="SET #state = if_not_exists(#state, :opened), run = :one, is_open = :yes, "
        "events = :one, served = :one, updated_at = if_not_exists(updated_at, :never) REMOVE attempt",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={
            ":opened": "opened",
            ":one": 1,
            ":yes": True,
            ":never": "1970-01-01T00:00:00.000000+00:00",
        },
    )
