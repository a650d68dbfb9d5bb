"""Orders: who sees which, what may be changed when, and their totals (OC-29 to OC-44)."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.ordercloud import models
from sandbox.ordercloud.customers import address_for, locale, one_time_address
from sandbox.ordercloud.errors import insufficient_roles, invalid, not_found, refused
from sandbox.ordercloud.identity import SELLER_ID
from sandbox.ordercloud.promotions import applied_promotions
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Caller, Reply, Route, roles
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import discounted_lines, totalled
from sandbox.shared.switches import Switches

READERS = roles("OrderReader", "OrderAdmin", "Shopper")
BUYING = roles("OrderAdmin", "Shopper")
ONE = "v1/orders/{direction}/{orderID}"
_OVERRIDES = (("TaxCost", "OverrideTax"), ("ShippingCost", "OverrideShipping"))
_UNCALCULATED = {"ShipEstimateResponse": None, "OrderCalculateResponse": None}
RESPONSES = (
    "ShipEstimateResponse", "OrderCalculateResponse", "OrderSubmitResponse", "OrderSubmitForApprovalResponse",
    "OrderApprovedResponse", "SubscriptionIntegrationResponse",
)  # fmt: skip


class Orders:
    """The orders of the marketplace.

    A stored order has, beside the fields of the model, what the API does not show on it: `_codes` (promotion
    codes), `_promotions` (their amounts), `_responses` (of integration events), `_ship_to` (address for new
    lines) and `_cart`.
    """

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches

    def cart_routes(self) -> list[Route]:
        """Those that exist for `v1/cart` too."""
        return [
            Route("GET", ONE, READERS, self.get),
            Route("PUT", ONE, BUYING, self.replace),
            Route("PATCH", ONE, BUYING, self.patch),
            Route("DELETE", ONE, BUYING, self.delete),
            Route("PUT", f"{ONE}/billto", BUYING, self.bill_to),
            Route("PATCH", f"{ONE}/billto", BUYING, self.patch_bill_to),
            Route("PUT", f"{ONE}/shipto", BUYING, self.ship_to),
            Route("PATCH", f"{ONE}/shipto", BUYING, self.patch_ship_to),
            Route("GET", f"{ONE}/worksheet", READERS | roles("IntegrationEventAdmin"), self.worksheet),
            Route("GET", f"{ONE}/promotions", READERS, self.list_promotions),
            Route("POST", f"{ONE}/promotions/{{promoCode}}", BUYING, self.add_promotion),
            Route("DELETE", f"{ONE}/promotions/{{promoCode}}", BUYING, self.remove_promotion),
        ]

    def routes(self) -> list[Route]:
        return [
            Route("GET", "v1/orders/{direction}", READERS, self.list_all),
            Route("POST", "v1/orders/{direction}", BUYING, self.create),
            Route("GET", "v1/me/orders", READERS, self.list_own),
        ]

    def visible(self, caller: Caller, direction: str) -> Callable[[Document], bool]:
        """Which orders a caller meets in this direction (case-insensitive); 404 for an unknown one."""
        if direction.lower() not in ("incoming", "outgoing", "all"):
            raise not_found("Direction", direction)
        company = SELLER_ID if caller.is_seller else caller.company_id
        whole_company = caller.has("OrderReader", "OrderAdmin")
        sees_carts = caller.has("UnsubmittedOrderReader", "OrderAdmin")

        def sees(order: Document) -> bool:
            incoming = order["ToCompanyID"] == company and (sees_carts or order["IsSubmitted"] or not caller.is_seller)
            outgoing = order["FromCompanyID"] == company and (whole_company or order["FromUserID"] == caller.user_id)
            return {"incoming": incoming, "outgoing": outgoing}.get(direction.lower(), incoming or outgoing)

        return sees

    def of(self, call: Call) -> Document:
        """The order a call is about; 404 when it does not exist in that direction for the caller."""
        order = self._store.find("orders", (), call.params["orderID"])
        if order is None or not self.visible(call.caller, call.params["direction"])(order):
            raise not_found("Order", call.params["orderID"])
        return order

    def editable(self, call: Call) -> Document:
        """The order, if the caller may change it: its buyer before submit, an order admin at any time."""
        order = self.of(call)
        if order["Status"] != "Unsubmitted" and not call.caller.has("OrderAdmin"):
            raise insufficient_roles(["OrderAdmin"], sorted(call.caller.roles))
        return order

    def shown(self, order: Document) -> Document:
        """The order as the API prints it, with its user as he is now."""
        user = self._store.find("users", (order["FromCompanyID"],), order["FromUserID"])
        return {**models.ORDER.shown(order), "FromUser": models.USER.shown(user) if user else None}

    def save(self, order: Document, *, touch: bool = True) -> Document:
        """Store an order with its amounts recalculated; any change before submit undoes its calculation."""
        lines = self.lines(order)
        if order["Status"] == "Unsubmitted":
            order = {**order, "_responses": {**order["_responses"], **_UNCALCULATED}}
            order["_promotions"] = applied_promotions(self._store, order, lines)
        else:
            order = {**order, "_promotions": _of_lines(order["_promotions"], lines)}
        if any(line["PromotionDiscount"] for line in lines) or order["_promotions"]:
            lines = discounted_lines(lines, order["_promotions"])
            for line in lines:
                self._store.put("lines", (order["ID"],), line)
        return self.keep(totalled(order, lines, order["_promotions"]), touch=touch)

    def keep(self, order: Document, *, touch: bool = True) -> Document:
        """Store an order as it is; `touch` bumps `LastUpdated`."""
        stamped = {**order, "LastUpdated": self._store.now()} if touch else order
        return self._store.put("orders", (), stamped)

    def lines(self, order: Document) -> list[Document]:
        return self._store.under("lines", (order["ID"],))

    def list_all(self, call: Call) -> Reply:
        return self._listed(call, call.params["direction"], whole_company=True)

    def list_own(self, call: Call) -> Reply:
        return self._listed(call, "Outgoing", whole_company=False)

    def create(self, call: Call) -> Reply:
        """A buyer's own order, or one a seller enters for a buyer user (`FromCompanyID`, `FromUserID`)."""
        direction = call.params["direction"].lower()
        body = models.ORDER.create(call.fields)
        if call.caller.is_seller and direction == "incoming":
            if not (body["FromCompanyID"] and body["FromUserID"]):
                message = "To create an incoming order, you must provide both FromCompanyID and FromUserID."
                raise refused("Order.CreateIncomingRequiresFromUser", message)
            company_id, user_id = body["FromCompanyID"], body["FromUserID"]
        elif direction == "outgoing":
            company_id, user_id = call.caller.company_id, call.caller.user_id
        else:
            raise invalid([("direction", "An order can be created Outgoing, or Incoming by the seller.")])
        return Reply(201, self.shown(self.save(self.opened(call, body, company_id, user_id))))

    def opened(self, call: Call, body: Document, company_id: str, user_id: str) -> Document:
        """An unsubmitted order of this user, stored."""
        if company_id != SELLER_ID:
            self._store.get("buyers", (), company_id, "Buyer")
            self._store.get("users", (company_id,), user_id, "User")
        own_locale = locale(self._store, company_id)
        order = {
            **body,
            "FromCompanyID": company_id,
            "FromUserID": user_id,
            "ToCompanyID": body["ToCompanyID"] or SELLER_ID,
            "Currency": own_locale["Currency"] if own_locale else None,
            "DateCreated": self._store.now(),
            "_codes": [],
            "_promotions": [],
            "_responses": dict.fromkeys(RESPONSES),
            "_ship_to": None,
            "_cart": True,
        }
        self._check_overrides(call.caller, order, models.ORDER.create({}))
        return self._store.add("orders", (), self._addressed(order, order), "Order")

    def get(self, call: Call) -> Reply:
        return Reply(200, self.shown(self.of(call)))

    def replace(self, call: Call) -> Reply:
        """PUT: every writable field becomes what the body says, or empty; lines and state stay."""
        if self._store.find("orders", (), call.params["orderID"]) is None:
            call.body = {**call.fields, "ID": call.params["orderID"]}
            return self.create(call)
        before = self.editable(call)
        fresh = models.ORDER.create(call.fields)
        writable = {name for name, field in models.ORDER.fields.items() if not field.read_only}
        writable -= {"ID", "FromCompanyID", "ToCompanyID", "FromUserID"}
        return self._changed(call, before, {**before, **{name: fresh[name] for name in writable}})

    def patch(self, call: Call) -> Reply:
        before = self.editable(call)
        if "Status" in call.fields and self._switches["patch_status"] == "refused":
            raise invalid([("Status", "Status is read-only.")])
        fixed = ("FromCompanyID", "ToCompanyID", "FromUserID")
        body = {name: value for name, value in call.fields.items() if name not in fixed}
        after = models.ORDER.patch(before, body, nested_xp=self._switches["xp_merge"] == "nested")
        return self._changed(call, before, after)

    def delete(self, call: Call) -> Reply:
        order = self.editable(call)
        for line in self.lines(order):
            self._store.delete("lines", (order["ID"],), line["ID"], "LineItem")
        self._store.delete("orders", (), order["ID"], "Order")
        return Reply(204)

    def bill_to(self, call: Call) -> Reply:
        order = self.editable(call)
        address = one_time_address(call.fields)
        return Reply(200, self.shown(self.save({**order, "BillingAddress": address, "BillingAddressID": None})))

    def patch_bill_to(self, call: Call) -> Reply:
        order = self.editable(call)
        address = patched_address("BillingAddress", order["BillingAddress"], call.fields)
        return Reply(200, self.shown(self.save({**order, "BillingAddress": address})))

    def ship_to(self, call: Call) -> Reply:
        return self._ship_all(self.editable(call), one_time_address(call.fields))

    def patch_ship_to(self, call: Call) -> Reply:
        order = self.editable(call)
        return self._ship_all(order, patched_address("ShippingAddress", order["_ship_to"], call.fields))

    def worksheet(self, call: Call) -> Reply:
        return Reply(200, self.worksheet_of(self.of(call)))

    def worksheet_of(self, order: Document) -> Document:
        """Order, all lines, promotions and the answers of integration events; no payments."""
        return {
            "Order": self.shown(order),
            "LineItems": [models.LINE_ITEM.shown(line) for line in self.lines(order)],
            "OrderPromotions": order["_promotions"],
            "Subscription": None,
            **order["_responses"],
        }

    def list_promotions(self, call: Call) -> Reply:
        query = ListQuery.read(call.query)
        return Reply(200, query.answer(models.PROMOTION, self.of(call)["_promotions"]))

    def add_promotion(self, call: Call) -> Reply:
        order, code = self.editable(call), call.params["promoCode"]
        promotion = self._promotion(code)
        if promotion["Code"] in order["_codes"]:
            raise refused("Promotion.AlreadyAdded", "Promotion has already been added to this order.")
        others = [self._promotion(each) for each in order["_codes"]]
        if others and not all(each["CanCombine"] for each in (promotion, *others)):
            message = "Promotion cannot be combined with any other promo on the same order."
            raise refused("Promotion.CannotCombine", message)
        saved = self.save({**order, "_codes": [*order["_codes"], promotion["Code"]]})
        if not any(each["Code"] == promotion["Code"] for each in saved["_promotions"]):
            self.save({**saved, "_codes": order["_codes"]})
            raise refused("Promotion.NotEligible", "Promotion cannot be used on this order.", {"Code": code})
        return Reply(201, self.shown(saved))

    def remove_promotion(self, call: Call) -> Reply:
        order, promotion = self.editable(call), self._promotion(call.params["promoCode"])
        codes = [code for code in order["_codes"] if code != promotion["Code"]]
        return Reply(200, self.shown(self.save({**order, "_codes": codes})))

    def _promotion(self, code: str) -> Document:
        for promotion in self._store.under("promotions", ()):
            if promotion["Code"].lower() == code.lower():
                return promotion
        raise not_found("Promotion", code)

    def _listed(self, call: Call, direction: str, *, whole_company: bool) -> Reply:
        query = ListQuery.read(call.query, ("buyerID", "supplierID", "from", "to"))
        sees = self.visible(call.caller, direction)
        buyer_id = query.options.get("buyerID")
        orders: Iterable[Document | None] = (
            self._store.as_listed("orders", (), order) for order in self._store.under("orders", ())
        )
        created = [
            ("DateCreated", sign + query.options[name])
            for name, sign in (("from", "!<"), ("to", "!>"))
            if name in query.options
        ]
        wanted = ListQuery(
            query.page, query.page_size, query.search, query.search_on, query.sort_by,
            [*query.filters, *created], {},
        )  # fmt: skip
        found = [
            self.shown(order)
            for order in orders
            if order
            and sees(order)
            and buyer_id in (None, order["FromCompanyID"])
            and (whole_company or order["FromUserID"] == call.caller.user_id)
        ]
        return Reply(200, wanted.answer(models.ORDER, found))

    def _changed(self, call: Call, before: Document, after: Document) -> Reply:
        self._check_overrides(call.caller, after, before)
        only_xp = set(call.fields) <= {"xp"}
        if only_xp:
            touch = self._switches["xp_patch_touches"] == "yes"
            return Reply(200, self.shown(self.keep(after, touch=touch)))
        return Reply(200, self.shown(self.save(self._addressed(after, before))))

    def _check_overrides(self, caller: Caller, order: Document, before: Document) -> None:
        for field, role in _OVERRIDES:
            if order[field] != before[field] and not caller.has(role):
                raise insufficient_roles([role], sorted(caller.roles))

    def _addressed(self, order: Document, before: Document) -> Document:
        """The order with the addresses that its address ids name, on the order and all its lines."""
        company_id, user_id = order["FromCompanyID"], order["FromUserID"]
        if order["BillingAddressID"] and (order is before or order["BillingAddressID"] != before["BillingAddressID"]):
            billing = address_for(self._store, company_id, user_id, order["BillingAddressID"])
            order = {**order, "BillingAddress": billing}
        shipping_id = order["ShippingAddressID"]
        if shipping_id and (order["_ship_to"] or {}).get("ID") != shipping_id:
            address = address_for(self._store, company_id, user_id, shipping_id)
            order = {**order, "_ship_to": address}
            self._put_on_lines(order, address)
        return order

    def _ship_all(self, order: Document, address: Document) -> Reply:
        self._put_on_lines(order, address)
        return Reply(200, self.shown(self.save({**order, "_ship_to": address, "ShippingAddressID": None})))

    def _put_on_lines(self, order: Document, address: Document) -> None:
        if not order["ID"]:
            return
        for line in self.lines(order):
            shipped = {**line, "ShippingAddress": address, "ShippingAddressID": address["ID"]}
            self._store.put("lines", (order["ID"],), shipped)


def _of_lines(promotions: Iterable[Document], lines: Iterable[Document]) -> list[Document]:
    """The promotions without those of lines that are gone; a submitted order gets no others (OC-43)."""
    there = {None, *(line["ID"] for line in lines)}
    return [each for each in promotions if each["LineItemID"] in there]


def patched_address(kind: str, address: Any, changes: Document) -> Document:
    """A one-time address after a PATCH; 400 where it is a saved one, or there is none."""
    if address is None:
        raise refused(f"{kind}.CannotModifyNotFound", "Order does not have such an address to modify. Use PUT.")
    if address["ID"]:
        raise refused(f"{kind}.CannotPatchSetByID", "Cannot PATCH an address that was set by ID.")
    return one_time_address({**address, **changes, "ID": None})
