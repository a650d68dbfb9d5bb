from decimal import Decimal

import httpx
import pytest

from tests.sandbox.kashflow_desk import exact, invoice_body, open_desk

POSTED = {"method": "POST", "path": "/v2/invoices"}


def invoices_of(desk):
    return desk.get("/invoices?customercode=WEB1")["MetaData"]["TotalRecords"]


def test_fault_status_answers_its_body_and_headers_and_does_nothing():
    desk = open_desk()
    body = {"Error": "-2146232060", "Message": "Execution Timeout Expired."}
    desk.sandbox.faults.add({**POSTED, "kind": "status", "status": 400, "body": body, "headers": {"Retry-After": "7"}})

    response = desk.call("POST", "/invoices", invoice_body())

    assert exact(response, 400) == body
    assert response.headers["Retry-After"] == "7"
    assert invoices_of(desk) == 0


def test_fault_html_answers_a_page():
    desk = open_desk()
    desk.sandbox.faults.add({"kind": "html", "status": 502})

    response = desk.call("GET", "/customers")

    assert response.status_code == 502
    assert response.headers["Content-Type"].startswith("text/html")


def test_fault_slow_lets_time_pass_and_gives_the_true_answer():
    desk = open_desk()
    before = desk.clock()
    desk.sandbox.faults.add({"kind": "slow", "seconds": 25})

    desk.new_invoice()

    assert (desk.clock() - before).total_seconds() == 25


def test_fault_slow_beyond_the_clients_patience_times_out_with_the_deed_done():
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": "slow", "seconds": 31})

    with pytest.raises(httpx.ReadTimeout):
        desk.call("POST", "/invoices", invoice_body())

    assert invoices_of(desk) == 1


@pytest.mark.parametrize(("kind", "count"), [("reset_before", 0), ("reset_after", 1)])
def test_fault_reset_cuts_the_connection_before_or_after_the_deed(kind, count):
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": kind})

    with pytest.raises(httpx.RemoteProtocolError):
        desk.call("POST", "/invoices", invoice_body())

    assert invoices_of(desk) == count


def test_fault_late_commit_lands_after_its_seconds_and_not_before():
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": "late_commit", "seconds": 40})

    with pytest.raises(httpx.RemoteProtocolError):
        desk.call("POST", "/invoices", invoice_body())

    desk.clock.sleep(39)
    assert invoices_of(desk) == 0
    desk.clock.sleep(1)
    assert invoices_of(desk) == 1


def test_fault_expire_session_kills_it_before_the_call():
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": "expire_session"})

    refusal = exact(desk.call("POST", "/invoices", invoice_body()), 401)

    assert refusal["Error"] == "InvalidSessionToken"
    exact(desk.call("GET", "/invoices"), 401)
    desk.log_in()
    assert invoices_of(desk) == 0


def test_fault_drop_field_takes_the_property_out_at_any_depth():
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": "drop_field", "field": "Number"})

    invoice = desk.new_invoice()

    assert "Number" not in invoice
    assert "Number" not in invoice["LineItems"][0]
    assert desk.get("/invoices/1001")["Number"] == 1001


def test_fault_content_type_changes_only_that():
    desk = open_desk()
    desk.sandbox.faults.add({"kind": "content_type", "content_type": "text/plain"})

    response = desk.call("GET", "/customers")

    assert response.headers["Content-Type"] == "text/plain"
    assert exact(response, 200)["MetaData"]["TotalRecords"] == 1


def test_fault_counts_down_times_after_skip():
    desk = open_desk()
    desk.sandbox.faults.add({"path": "/v2/customers*", "kind": "status", "status": 503, "times": 2, "skip": 1})

    statuses = [desk.call("GET", "/customers").status_code for _ in range(4)]

    assert statuses == [200, 503, 503, 200]
    assert desk.sandbox.faults.waiting() == []


def test_fault_without_end_hits_every_call_until_cleared():
    desk = open_desk()
    desk.sandbox.faults.add({"kind": "status", "times": None})

    assert {desk.call("GET", "/customers").status_code for _ in range(5)} == {500}
    desk.sandbox.faults.clear()
    desk.get("/customers")


def test_fault_with_a_rate_hits_about_that_share():
    desk = open_desk()
    desk.sandbox.faults.add({"kind": "status", "times": None, "rate": Decimal("0.3")})

    hits = sum(desk.call("GET", "/currencies").status_code == 500 for _ in range(200))

    assert 30 < hits < 90


def test_faults_of_other_calls_leave_this_one_alone():
    desk = open_desk()
    desk.sandbox.faults.add({**POSTED, "kind": "status"})

    desk.get("/invoices")
    desk.new_customer("WEB2")


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "expire_token"}, {}, {"kind": "slow", "colour": "red"}, "slow", {"kind": "slow", "times": "x"}],
)
def test_fault_that_cannot_be_read_is_refused(wrong):
    with pytest.raises(ValueError, match=r"there are|a fault is an object"):
        open_desk().sandbox.faults.add(wrong)


def test_calls_are_counted_by_route():
    desk = open_desk()
    desk.sandbox.calls.clear()
    number = desk.new_invoice()["Number"]
    desk.get(f"/invoices/{number}")
    desk.get(f"/invoices/{number}")

    assert desk.sandbox.calls.report() == {
        "total": 3,
        "by_route": {"POST /v2/invoices": 1, "GET /v2/invoices/{number}": 2},
    }


def test_fault_meanwhile_gives_the_true_answer_and_then_carries_out_another_call():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    other = {"method": "DELETE", "path": f"/v2/invoices/{number}"}
    desk.sandbox.faults.add({"kind": "meanwhile", "method": "GET", "path": "/v2/invoices", "others": [other]})

    assert invoices_of(desk) == 1
    assert invoices_of(desk) == 0
