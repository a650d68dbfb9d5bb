import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from sandbox.ordercloud.app import create_app
from sandbox.ordercloud.deliveries import signature
from sandbox.retail import RetailShop, demo_orders
from sandbox.shared.exact_json import read_json
from sandbox.shared.serve import running


@contextmanager
def bridge(status=200):
    """Takes webhooks on a free port; yields its address and the `(headers, body)` it got."""
    got = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/ordercloud", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settled(base):
    """The deliveries once nothing is pending."""
    for _ in range(500):
        report = httpx.get(f"{base}/_sandbox/deliveries").json()
        if not report["pending"]:
            return report["deliveries"]
        time.sleep(0.01)
    raise AssertionError("deliveries do not settle")


@contextmanager
def one_order(switches=None, status=200):
    """One order placed with a bridge listening; yields the server's address and what the bridge got."""
    with (
        bridge(status) as (url, got),
        running(create_app(switches=switches)) as base,
        RetailShop(base) as shop,
    ):
        shop.subscribe(url, "hash-key")
        httpx.delete(f"{base}/_sandbox/deliveries")
        shop.place(demo_orders(1)[0])
        yield base, got


def submits(got):
    return [body for _, body in got if read_json(body)["Route"].endswith("/submit")]


def test_webhooks_arrive_signed_over_their_exact_bytes_and_are_listed_without_bodies():
    with one_order() as (base, got):
        listed = settled(base)
    assert len(submits(got)) == 1
    assert all(headers["X-oc-hash"] == signature("hash-key", body) for headers, body in got)
    assert {each["order_id"] for each in listed} == {"D-1001"}
    assert {each["status"] for each in listed} == {200}
    assert set(listed[0]) == {"channel", "route", "url", "order_id", "attempt", "status"}


def test_refused_delivery_is_repeated_as_often_as_the_switch_says_under_a_new_log_id():
    switches = {"retries": "1", "retry_wait_seconds": "0", "resend_log_id": "new"}
    with one_order(switches, status=503) as (base, got):
        listed = [each for each in settled(base) if each["route"].endswith("/submit")]
    assert [(each["attempt"], each["status"]) for each in listed] == [(1, 503), (2, 503)]
    log_ids = {read_json(body)["LogID"] for body in submits(got)}
    assert len(log_ids) == 2


def test_every_delivery_comes_twice_under_one_log_id_or_not_at_all():
    with one_order({"duplicate_percent": "100"}) as (base, got):
        settled(base)
    first, second = submits(got)
    assert first == second
    with one_order({"drop_percent": "100"}) as (base, got):
        assert {each["status"] for each in settled(base)} == {"dropped"}
    assert got == []


def test_delivery_to_nobody_is_listed_as_unreachable():
    with running(create_app()) as base, RetailShop(base) as shop:
        shop.subscribe("http://127.0.0.1:9/", "hash-key")
        shop.place(demo_orders(1)[0])
        assert {each["status"] for each in settled(base)} == {"unreachable"}


def test_reset_brings_back_the_seed_and_forgets_deliveries():
    with one_order() as (base, _):
        settled(base)
        httpx.post(f"{base}/_sandbox/reset")
        assert httpx.get(f"{base}/_sandbox/deliveries").json() == {"pending": 0, "deliveries": []}
        with RetailShop(base) as again:
            assert again.place(demo_orders(1)[0]) == "D-1001"


def test_patch_cut_off_after_commit_has_happened():
    with running(create_app()) as base, RetailShop(base) as shop:
        shop.place(demo_orders(1)[0])
        fault = {"kind": "reset_after", "method": "PATCH", "path": "/v1/orders/*"}
        httpx.post(f"{base}/_sandbox/faults", json=fault).raise_for_status()
        form = {
            "grant_type": "client_credentials",
            "client_id": "kashflow-bridge",
            "client_secret": "bridge-secret",
        }
        token = httpx.post(f"{base}/oauth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        order = f"{base}/v1/orders/Incoming/D-1001"
        with pytest.raises(httpx.TransportError):
            httpx.patch(order, json={"xp": {"KashFlow": {"InvoiceNumber": 7}}}, headers=headers)
        xp = httpx.get(order, headers=headers).json()["xp"]
        calls = httpx.get(f"{base}/_sandbox/calls").json()["by_route"]
    assert xp["KashFlow"] == {"InvoiceNumber": 7}
    assert calls["PATCH /v1/orders/{direction}/{orderID}"] == 2


def test_order_can_be_altered_by_hand_through_the_control_surface():
    with running(create_app()) as base, RetailShop(base) as shop:
        shop.place(demo_orders(1)[0])
        altered = httpx.patch(f"{base}/_sandbox/orders/D-1001", json={"Currency": None})
        refused = httpx.patch(f"{base}/_sandbox/orders/D-9999", json={"Currency": None})
    assert (altered.status_code, altered.json()["Currency"]) == (200, None)
    assert refused.status_code == 400
