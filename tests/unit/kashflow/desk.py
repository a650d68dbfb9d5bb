"""What is sent to the imitated KashFlow, and what is asked of it."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.kashflow.memory import InMemory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.calls.credentials import KashflowCredentials, SecretSource
from sitecore_kashflow.errors import (
    BridgeError,
)

CUSTOMER = {"Code": "W1", "Name": "Ada Field", "Note": "Sitecore customer x", "Currency": {"Code": "GBP"}}

Source = SecretSource[KashflowCredentials]

LOGIN = "POST /v2/sessiontoken"


def invoice(reference: str = "SO-1001", code: str = "W1") -> dict[str, Any]:
    return {
        "CustomerCode": code,
        "CustomerReference": reference,
        "IssuedDate": "2026-11-20 12:00:00",
        "Currency": {"Code": "GBP", "ExchangeRate": Decimal(1)},
        "LineItems": [
            {
                "Number": 1,
                "Description": "Mug",
                "Quantity": 2,
                "Rate": Decimal("10.00"),
                "NominalCode": 4000,
                "VATLevel": Decimal(20),
                "VATAmount": Decimal("4.00"),
                "VATExempt": False,
            }
        ],
    }


def calls(books: InMemory, route: str) -> int:
    return int(books.calls.report()["by_route"].get(route, 0))


def logins(books: InMemory) -> int:
    return int(books.calls.report()["by_route"].get(LOGIN, 0))


def trouble(client: KashflowClient) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        client.nominals()
    return caught.value
