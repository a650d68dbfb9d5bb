"""`v1/cart`: the order a shopper is filling, without its id in the path."""

from sandbox.ordercloud import models
from sandbox.ordercloud.errors import not_found
from sandbox.ordercloud.orders import BUYING, Orders
from sandbox.ordercloud.routing import Call, Reply, Route, on_cart
from sandbox.ordercloud.store import Store


class Cart:
    """The open order of the caller; it comes into being when it is first asked for."""

    def __init__(self, store: Store, orders: Orders) -> None:
        self._store = store
        self._orders = orders

    def routes(self, order_routes: list[Route]) -> list[Route]:
        """The cart's twins of these order routes."""
        choose = Route("PUT", "v1/cart/{orderID}", BUYING, self.choose)
        return [choose, *(on_cart(route, self.open) for route in order_routes)]

    def open(self, call: Call) -> None:
        """Handle the call as one about the caller's cart."""
        call.params |= {"direction": "Outgoing", "orderID": self._order_id(call)}

    def choose(self, call: Call) -> Reply:
        """Make one of the caller's unsubmitted orders his cart."""
        call.params["direction"] = "Outgoing"
        chosen = self._orders.of(call)
        if chosen["Status"] != "Unsubmitted":
            raise not_found("Order", chosen["ID"])
        for order in self._own_carts(call):
            self._orders.keep({**order, "_cart": order["ID"] == chosen["ID"]}, touch=False)
        return Reply(204)

    def _order_id(self, call: Call) -> str:
        caller = call.caller
        if caller.order_id and self._store.find("orders", (), caller.order_id):
            return caller.order_id
        mine = [order for order in self._own_carts(call) if order["_cart"]]
        if mine and not caller.order_id:
            return str(mine[0]["ID"])
        body = models.ORDER.create({"ID": caller.order_id} if caller.order_id else {})
        return str(self._orders.save(self._orders.opened(call, body, caller.company_id, caller.user_id))["ID"])

    def _own_carts(self, call: Call) -> list[dict[str, object]]:
        return [
            order
            for order in self._store.under("orders", ())
            if order["FromCompanyID"] == call.caller.company_id
            and order["FromUserID"] == call.caller.user_id
            and order["Status"] == "Unsubmitted"
        ]
