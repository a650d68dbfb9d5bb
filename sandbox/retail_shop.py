"""A shop that places orders through the sandbox OrderCloud's own HTTP API, as its back office would."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from sandbox.retail_order import Customer, OrderLine, PaymentKind, RetailOrder
from sandbox.service_desk import ServiceDesk, ShopError, wall_clock
from sandbox.shared.exact_json import read_json, write_json
from sandbox.shared.messages import Answer, Request
from sandbox.shop_fields import address_fields, line_fields, product_fields

LOCALES = {"GBP": "en-GB", "EUR": "de-DE", "USD": "en-US", "JPY": "ja-JP"}
GUEST = "guest"
BACKOFFICE = ("backoffice", "backoffice-secret")
_ORDER = "v1/orders/{direction}/{orderID}"
WEBHOOK_ROUTES = (
    ("POST", f"{_ORDER}/submit"),
    ("POST", "v1/cart/submit"),
    ("POST", f"{_ORDER}/approve"),
    ("POST", f"{_ORDER}/decline"),
    ("POST", f"{_ORDER}/cancel"),
    ("POST", f"{_ORDER}/complete"),
    ("POST", f"{_ORDER}/ship"),
    ("POST", "v1/shipments/{shipmentID}/items"),
    ("PATCH", _ORDER),
    ("PUT", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("PATCH", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("DELETE", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("POST", f"{_ORDER}/payments"),
    ("PATCH", f"{_ORDER}/payments/{{paymentID}}"),
    ("POST", f"{_ORDER}/payments/{{paymentID}}/transactions"),
    ("PATCH", "v1/orderreturns/{returnID}"),
    ("POST", "v1/orderreturns/{returnID}/submit"),
    ("POST", "v1/orderreturns/{returnID}/approve"),
    ("POST", "v1/orderreturns/{returnID}/complete"),
    ("POST", "v1/orderreturns/{returnID}/cancel"),
)


class RetailShop:
    """Places orders over one kept-alive connection; what orders share is made once."""

    def __init__(
        self,
        base_url: str,
        credentials: tuple[str, str] = BACKOFFICE,
        transport: httpx.BaseTransport | None = None,
        answer: Callable[[Request], Answer] | None = None,
    ) -> None:
        """`base_url` is the server's, without `/v1`; `credentials` are an API client's id and secret.

        `answer` stands in for the connection.
        """
        self._http = httpx.Client(base_url=base_url, timeout=30, transport=transport)
        self._answer = answer or self._over_http
        self._authorization = ""
        self._credentials = dict(zip(("client_id", "client_secret"), credentials, strict=True))
        self._made: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def subscribe(self, url: str, hash_key: str, webhook_id: str = "bridge") -> None:
        """Have signed post-webhooks sent to `url` for the routes that matter to accounts."""
        webhook = {
            "Name": webhook_id,
            "Url": url,
            "HashKey": hash_key,
            "ApiClientIDs": ["backoffice", "storefront"],
            "WebhookRoutes": [{"Verb": verb, "Route": route} for verb, route in WEBHOOK_ROUTES],
        }
        self._call("PUT", f"/v1/webhooks/{webhook_id}", webhook)

    def place(self, order: RetailOrder) -> str:
        """Create, fill, pay and submit an order; gives its id. Raises ShopError."""
        self.fill(order)
        self.submit(order)
        return order.order_id

    def fill(self, order: RetailOrder) -> None:
        """Create, fill and pay an order. Raises ShopError."""
        self._open(order)
        path = _path(order)
        for position, line in enumerate(order.lines, start=1):
            self._add_line(path, position, line)
        self._add_promotions(path, order)
        charged = self._call("PATCH", path, {"ShippingCost": order.shipping, "TaxCost": order.tax})
        if charged["Total"] != order.total:
            raise ShopError(f"{order.order_id}: the shop reckons {order.total}, OrderCloud {charged['Total']}")
        self._pay(path, order)

    def submit(self, order: RetailOrder) -> None:
        """Submit an order that is filled. Raises ShopError."""
        self._call("POST", f"{_path(order)}/submit")
        if order.completed:
            self._call("POST", f"{_path(order)}/complete")

    def desk(self, clock: Callable[[], datetime] = wall_clock) -> ServiceDesk:
        """What the shop does to orders afterwards; `clock` dates its transactions."""
        return ServiceDesk(self._call, clock)

    def _open(self, order: RetailOrder) -> None:
        customer, address = order.customer, order.customer.address
        self._make_customer(customer)
        fields = {
            "ID": order.order_id,
            "FromCompanyID": customer.buyer_id,
            "FromUserID": customer.user_id,
            "BillingAddressID": address.address_id,
            "ShippingAddressID": address.address_id,
            "xp": order.xp,
        }
        self._call("POST", "/v1/orders/Incoming", fields)
        if address.address_id is None:
            for purpose in ("billto", "shipto"):
                path = f"/v1/orders/Incoming/{order.order_id}/{purpose}"
                self._call("PUT", path, address_fields(customer, address))

    def _make_customer(self, customer: Customer) -> None:
        buyer = f"/v1/buyers/{customer.buyer_id}"
        self._once("buyer", customer.buyer_id, lambda: self._make_buyer(customer))
        if customer.user_id != GUEST:
            user = {
                "Username": f"{customer.buyer_id}.{customer.user_id}",
                "FirstName": customer.first_name,
                "LastName": customer.last_name,
                "Email": customer.email,
                "Active": True,
                "xp": customer.xp,
            }
            path = f"{buyer}/users/{customer.user_id}"
            self._once("user", path, lambda: self._call("PUT", path, user))
        address_id = customer.address.address_id
        if address_id:
            path = f"{buyer}/addresses/{address_id}"
            saved = address_fields(customer, customer.address)
            self._once("address", path, lambda: self._call("PUT", path, saved))

    def _make_buyer(self, customer: Customer) -> None:
        buyer = {"Name": customer.buyer_name, "Active": True}
        self._call("PUT", f"/v1/buyers/{customer.buyer_id}", buyer)
        locale = {"LocaleID": LOCALES[customer.currency], "BuyerID": customer.buyer_id}
        self._call("POST", "/v1/locales/assignments", locale)

    def _add_line(self, path: str, position: int, line: OrderLine) -> None:
        product = product_fields(line)
        self._once("product", line.product_id, lambda: self._call("PUT", f"/v1/products/{line.product_id}", product))
        self._call("POST", f"{path}/lineitems", {"ID": f"L{position}", **line_fields(line)})

    def _add_promotions(self, path: str, order: RetailOrder) -> None:
        for line in order.lines:
            if line.discount:
                self._promote(path, line.discount, f"item.ProductID = '{line.product_id}'", line.product_id)
        if order.discount:
            self._promote(path, order.discount, "true", None)

    def _promote(self, path: str, amount: Decimal, eligible: str, product_id: str | None) -> None:
        code = "-".join(part for part in ("SAVE", product_id, str(amount).replace(".", "_")) if part)
        promotion = {
            "Code": code,
            "Name": f"{amount} off",
            "LineItemLevel": product_id is not None,
            "EligibleExpression": eligible,
            "ValueExpression": str(amount),
            "CanCombine": True,
            "AllowAllBuyers": True,
        }
        self._once("promotion", code, lambda: self._call("PUT", f"/v1/promotions/{code}", promotion))
        self._call("POST", f"{path}/promotions/{code}")

    def _pay(self, path: str, order: RetailOrder) -> None:
        match order.payment:
            case PaymentKind.NONE:
                return
            case PaymentKind.PURCHASE_ORDER:
                payment = {"ID": "P1", "Type": "PurchaseOrder", "xp": {"PONumber": f"PO-{order.order_id}"}}
                self._call("POST", f"{path}/payments", payment | {"Amount": order.total})
            case PaymentKind.GIFT_CARD:
                card = {"ID": "P1", "Type": "SpendingAccount", "SpendingAccountID": "gift-card", "Amount": order.total}
                self._call("POST", f"{path}/payments", card)
            case PaymentKind.CAPTURED | PaymentKind.AUTHORISED:
                card = {"ID": "P1", "Type": "CreditCard", "Amount": order.total, "Accepted": True}
                self._call("POST", f"{path}/payments", card)
                self._transact(path, order, "CreditCardAuthorization")
                if order.payment is PaymentKind.CAPTURED:
                    self._transact(path, order, "CreditCardCapture")

    def _transact(self, path: str, order: RetailOrder, kind: str) -> None:
        opened = self._call("GET", path)
        transaction = {
            "Type": kind,
            "DateExecuted": opened["LastUpdated"],
            "Amount": order.total,
            "Currency": order.customer.currency,
            "Succeeded": True,
            "ResultCode": "00",
            "ResultMessage": "OK",
        }
        self._call("POST", f"{path}/payments/P1/transactions", transaction)

    def _once(self, kind: str, key: str, make: Callable[[], Any]) -> None:
        if (kind, key) not in self._made:
            make()
            self._made.add((kind, key))

    def _call(self, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
        if not self._authorization:
            self._sign_in()
        answer = self._send(method, path, fields)
        if answer.status == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            answer = self._send(method, path, fields)
        body = _sound(answer, f"{method} {path}")
        return read_json(body) if body else None

    def _send(self, method: str, path: str, fields: dict[str, Any] | None) -> Answer:
        headers = {"content-type": "application/json", "authorization": self._authorization}
        path, _, query = path.partition("?")
        return self._answer(Request(method, path, query, headers, b"" if fields is None else write_json(fields)))

    def _sign_in(self) -> None:
        form = {"grant_type": "client_credentials", "scope": "FullAccess", **self._credentials}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = self._answer(Request("POST", "/oauth/token", "", headers, urlencode(form).encode()))
        self._authorization = f"Bearer {read_json(_sound(answer, 'POST /oauth/token'))['access_token']}"

    def _over_http(self, request: Request) -> Answer:
        url = f"{request.path}?{request.query}" if request.query else request.path
        answer = self._http.request(request.method, url, content=request.body or None, headers=dict(request.headers))
        return Answer(answer.status_code, answer.content)


def _path(order: RetailOrder) -> str:
    return f"/v1/orders/Incoming/{order.order_id}"


def _sound(answer: Answer, call: str) -> bytes:
    if httpx.codes.is_error(answer.status):
        raise ShopError(f"{call}: {answer.status} {answer.body.decode(errors='replace')[:300]}")
    return answer.body
