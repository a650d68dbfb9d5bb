import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.kashflow.app import create_app
from sandbox.kashflow.switches import SWITCHES
from sandbox.shared.serve import running
from tests.sandbox.kashflow_desk import CREDENTIALS, answered, exact, invoice_body, open_desk

ROOT = Path(__file__).parents[2]


@contextmanager
def open_office(**switches):
    with running(create_app(switches=switches)) as address, httpx.Client(base_url=address, timeout=5) as http:
        step = exact(http.post("/v2/sessiontoken", json=CREDENTIALS), 201)
        token = exact(http.put("/v2/sessiontoken", json=answered(step)), 200)["SessionToken"]
        http.headers["Authorization"] = f"KfToken {token}"
        exact(http.post("/v2/customers", json={"Code": "WEB1", "Name": "Ada Field"}), 201)
        yield http


@pytest.fixture(scope="module")
def served():
    with open_office() as http:
        yield http


@pytest.fixture
def office(served):
    yield served
    served.delete("/_sandbox/faults")


def body(**more):
    return {**invoice_body(**more), "LineItems": [{"Rate": 10, "VATLevel": 20}]}


def count(office, reference):
    return exact(office.get(f"/v2/invoices?searchtext={reference}"), 200)["MetaData"]["TotalRecords"]


@pytest.mark.parametrize(("kind", "landed"), [("reset_before", 0), ("reset_after", 1)])
def test_reset_cuts_the_tcp_connection_for_real(office, kind, landed):
    office.post("/_sandbox/faults", json={"method": "POST", "path": "/v2/invoices", "kind": kind})

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        office.post("/v2/invoices", json=body(CustomerReference=kind))

    assert count(office, kind) == landed


def test_late_commit_lands_by_itself(office):
    office.post("/_sandbox/faults", json={"method": "POST", "kind": "late_commit", "seconds": 0.2})

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        office.post("/v2/invoices", json=body(CustomerReference="late"))

    assert count(office, "late") == 0
    time.sleep(0.3)
    assert count(office, "late") == 1


def test_slow_answer_beyond_the_clients_patience_is_done_all_the_same(office):
    office.post("/_sandbox/faults", json={"method": "POST", "kind": "slow", "seconds": 0.4})

    with pytest.raises(httpx.ReadTimeout):
        office.post("/v2/invoices", json=body(CustomerReference="slow"), timeout=0.1)

    assert count(office, "slow") == 1


def test_status_fault_with_the_databases_own_code_reaches_the_client(office):
    fault = {
        "kind": "status",
        "status": 400,
        "body": {"Error": "-2146232060", "Message": "Execution Timeout Expired"},
    }
    office.post("/_sandbox/faults", json=fault)

    assert exact(office.get("/v2/customers"), 400)["Error"] == "-2146232060"


def test_spoiled_answer_keeps_its_length_right(office):
    office.post("/_sandbox/faults", json={"kind": "drop_field", "field": "Data"})

    assert exact(office.get("/v2/customers"), 200).keys() == {"MetaData"}


def test_session_expired_by_fault_is_dead_afterwards():
    with open_office() as office:
        office.post("/_sandbox/faults", json={"kind": "expire_session"})

        assert [office.get("/v2/customers").status_code for _ in range(2)] == [401, 401]


def test_switches_are_turned_and_shown(office):
    assert exact(office.get("/_sandbox/switches"), 200)["next_page_url"] == "absolute"

    turned = exact(office.put("/_sandbox/switches", json={"next_page_url": "with_v2"}), 200)

    assert turned["next_page_url"] == "with_v2"
    first = exact(office.get("/v2/customers"), 200)["MetaData"]["FirstPageUrl"]
    office.put("/_sandbox/switches", json={"next_page_url": "absolute"})
    assert first.startswith("/v2/customers?")


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [({"nonsense": "on"}, "list_ties"), ({"list_ties": "loose"}, "shuffled, stable"), (["x"], "object")],
)
def test_switches_that_do_not_exist_are_refused_with_those_that_do(office, wanted, listed):
    refusal = exact(office.put("/_sandbox/switches", json=wanted), 400)

    assert listed in refusal["Message"]


def test_switches_are_turned_all_or_none(office):
    office.put("/_sandbox/switches", json={"list_ties": "stable", "nonsense": "on"})

    assert exact(office.get("/_sandbox/switches"), 200)["list_ties"] == "shuffled"


def test_unknown_fault_kind_is_refused_with_the_kinds_there_are(office):
    refusal = exact(office.post("/_sandbox/faults", json={"kind": "flood"}), 400)

    assert "reset_after" in refusal["Message"]


def test_calls_are_counted_without_those_to_the_control_surface(office):
    office.delete("/_sandbox/calls")
    office.get("/v2/customers/WEB1")
    office.get("/_sandbox/switches")

    assert exact(office.get("/_sandbox/calls"), 200) == {
        "total": 1,
        "by_route": {"GET /v2/customers/{code}": 1},
    }


def test_reset_brings_back_the_seed_and_the_positions_of_the_start():
    with open_office(list_ties="stable") as office:
        office.put("/_sandbox/switches", json={"list_ties": "shuffled"})
        office.post("/_sandbox/faults", json={"kind": "html", "path": "/nowhere"})

        office.post("/_sandbox/reset")

        assert exact(office.get("/_sandbox/switches"), 200)["list_ties"] == "stable"
        assert exact(office.get("/_sandbox/faults"), 200) == []
        exact(office.get("/v2/customers"), 401)


def test_account_when_locked_by_its_people_refuses_until_unlocked():
    with open_office() as office:
        exact(office.put("/_sandbox/account", json={"transaction_lock_date": "2030-01-01"}), 200)
        exact(office.post("/v2/invoices", json=body()), 400)
        exact(office.put("/_sandbox/account", json={"transaction_lock_date": None}), 200)
        exact(office.post("/v2/invoices", json=body()), 201)


@pytest.mark.parametrize("wrong", [{"mood": "good"}, {"vat_return": [99]}, {"bank_account_lock": {"1": ""}}, []])
def test_account_change_that_makes_no_sense_is_refused(office, wrong):
    exact(office.put("/_sandbox/account", json=wrong), 400)


def test_invoices_posted_at_once_get_numbers_of_their_own():
    with open_office() as office, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: office.post("/v2/invoices", json=body()), range(24)))

    assert sorted(exact(answer, 201)["Number"] for answer in answers) == list(range(1001, 1025))


def test_command_line_says_where_it_listens_and_takes_switches():
    command = [sys.executable, "-m", "sandbox.kashflow", "--port", "0", "--switch", "list_ties=stable"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told, _, address = process.stdout.readline().strip().rpartition(" ")
            positions = exact(httpx.get(f"{address}/_sandbox/switches"), 200)
        finally:
            process.terminate()

    assert told == "listening on"
    assert address.startswith("http://127.0.0.1:")
    assert positions["list_ties"] == "stable"


def end_of(*arguments):
    command = [sys.executable, "-m", "sandbox.kashflow", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_command_line_lists_every_switch():
    listed = end_of("--list-switches").stdout

    assert all(f"`{switch.name}`" in listed for switch in SWITCHES)


def test_command_line_refuses_a_switch_that_does_not_exist():
    ended = end_of("--switch", "mood=good")

    assert ended.returncode == 2
    assert "no switch 'mood'" in ended.stderr


EVERY_POSITION = [(switch.name, position) for switch in SWITCHES for position in switch.positions[1:]]
READABLE = (
    "/customers",
    "/customers/WEB1",
    "/customers/WEB1/transactions",
    "/invoices",
    "/invoices/1001",
    "/currencies",
    "/settings/advanced",
    "/settings/companydetails",
    "/settings/invoice",
    "/vat/settings",
    "/bankaccounts/list",
    "/bankaccounts/55166",
    "/products/list",
    "/stockoptions",
    "/taxes",
    "/countries/vatrates",
    "/sources",
    "/nominals/4000",
)


@pytest.mark.parametrize(("name", "position"), [("list_ties", "shuffled"), *EVERY_POSITION])
def test_walk_under_any_single_position_never_ends_in_an_error_of_the_sandbox_itself(name, position):
    desk = open_desk()
    desk.sandbox.switches.put({name: position})
    desk.http.timeout = httpx.Timeout(120)
    desk.call("POST", "/customers", {"Code": "WEB2", "Name": "Ida Field"})
    desk.call("POST", "/invoices", invoice_body(PaymentLines=[{"Amount": 15}]))
    desk.call("PUT", "/invoices/1001", {"CustomerCode": "WEB1", "LineItems": []})

    statuses = [desk.call("GET", path).status_code for path in READABLE]

    assert set(statuses) <= {200, 401, 403, 404}
