"""The webhook that the bridge asks OrderCloud for: every route that it can read, as the documents list them."""

import re
from pathlib import Path

import pytest

from sandbox.retail_shop import WEBHOOK_ROUTES
from sitecore_kashflow.shops.ordercloud.events import recognise
from sitecore_kashflow.shops.ordercloud.webhook_setup import ROUTES

DEPLOY = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")


def test_routes_are_those_of_the_sandbox_shop() -> None:
    """The sandbox knows nothing of the bridge, so it has a list of its own."""
    assert set(WEBHOOK_ROUTES) == set(ROUTES)


def test_routes_are_those_that_the_documents_list() -> None:
    assert set(re.findall(r"^   \| ([A-Z]+) \| `(v1/[^`]+)` \|$", DEPLOY, re.MULTILINE)) == set(ROUTES)


@pytest.mark.parametrize(("verb", "route"), ROUTES)
def test_event_of_a_route_names_its_order(verb: str, route: str) -> None:
    """Returns and items of shipments name it in the answer, all others in the path or by their own id."""
    body = {
        "Route": route,
        "Verb": verb,
        "LogID": "log-1",
        "RouteParams": {"orderID": "SO-1001"} if "{orderID}" in route else {},
        "Response": {"Body": {"ID": "SO-1001", "OrderID": "SO-1001"}},
    }
    hint = recognise(body).hint
    assert hint is not None
    assert hint.subject_id == "SO-1001"
