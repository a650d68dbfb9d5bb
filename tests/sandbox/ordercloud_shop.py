"""A back office in the sandbox OrderCloud: signed in, in memory, with a clock that only the test moves."""

from datetime import UTC, datetime, timedelta

import httpx

from sandbox.ordercloud.memory import in_memory, no_answer
from sandbox.shared.exact_json import read_json, write_json

ORDERS = "/v1/orders/Incoming"


class Clock:
    """A clock for one test; it stands still between calls of `sleep`."""

    def __init__(self):
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)


class Shop:
    """Calls the sandbox in memory; numbers go out and come in as Decimal."""

    def __init__(self, listener=no_answer, **switches):
        self.clock = Clock()
        self.sandbox = in_memory(self.clock, self.clock.sleep, switches=switches, listener=listener)
        self.http = httpx.Client(transport=self.sandbox.transport, base_url="http://ordercloud.test")
        self.sign_in("backoffice", "backoffice-secret")

    def sign_in(self, client_id, secret, **form):
        """Act through another API client from now on; gives the answer of the token endpoint."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **form}
        answer = self.http.post("/oauth/token", data={name: value for name, value in form.items() if value})
        if answer.is_success:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def send(self, method, path, body=None):
        content = None if body is None else write_json(body)
        return self.http.request(method, path, content=content)

    def call(self, method, path, body=None):
        answer = self.send(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return read_json(answer.content) if answer.content else None

    def refused(self, method, path, body=None):
        """The status and error code of a call that must fail."""
        answer = self.send(method, path, body)
        assert answer.is_error, f"{method} {path} was not refused"
        return answer.status_code, answer.json()["Errors"][0]["ErrorCode"]

    def buyer(self, buyer_id="acme", currency="en-GB"):
        self.call("POST", "/v1/buyers", {"ID": buyer_id, "Name": buyer_id.title(), "Active": True})
        if currency:
            self.call("POST", "/v1/locales/assignments", {"LocaleID": currency, "BuyerID": buyer_id})
        user = {
            "ID": "jane",
            "Username": f"{buyer_id}.jane",
            "FirstName": "Jane",
            "LastName": "Doe",
            "Email": "jane@acme.example",
            "Active": True,
            "Password": "jane-password",
        }
        self.call("POST", f"/v1/buyers/{buyer_id}/users", user)

    def product(self, product_id="WIDGET", price="20.00", **fields):
        schedule = {
            "ID": product_id,
            "Name": product_id,
            "PriceBreaks": [{"Quantity": 1, "Price": exact(price)}],
        }
        self.call("PUT", f"/v1/priceschedules/{product_id}", schedule)
        product = {"Name": product_id.title(), "Active": True, "DefaultPriceScheduleID": product_id, **fields}
        self.call("PUT", f"/v1/products/{product_id}", product)

    def order(self, order_id="SO-1", lines=(("WIDGET", 3),), **fields):
        """An unsubmitted order of Jane's with these lines, `(product, quantity)` or `(..., unit price)`."""
        owner = {"ID": order_id, "FromCompanyID": "acme", "FromUserID": "jane"}
        self.call("POST", ORDERS, owner | fields)
        for place, (product, quantity, *price) in enumerate(lines, start=1):
            line = {"ID": f"L{place}", "ProductID": product, "Quantity": quantity}
            if price:
                line["UnitPrice"] = exact(price[0])
            self.call("POST", f"{ORDERS}/{order_id}/lineitems", line)
        return f"{ORDERS}/{order_id}"

    def webhook(self, *routes, **fields):
        """A post-webhook for calls of the back office on `(verb, template)` routes."""
        webhook = {
            "ID": "hook",
            "Name": "hook",
            "Url": "http://bridge.test/webhooks/ordercloud",
            "HashKey": "key",
            "ApiClientIDs": ["backoffice"],
            "WebhookRoutes": [{"Verb": verb, "Route": route} for verb, route in routes],
        }
        self.call("PUT", "/v1/webhooks/hook", webhook | fields)

    @property
    def outbox(self):
        return self.sandbox.outbox


def open_shop(**options):
    """A shop with the buyer `acme`, his user Jane and a widget at 20.00."""
    shop = Shop(**options)
    shop.buyer()
    shop.product()
    return shop


def exact(text):
    return read_json(text)
