"""Every sample of `events/`, in walking order, through the door it is named after."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import scene
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.wiring import wiring
from tests.deployed import ROOT, context, handler
from tests.moto_stage import MotoStage
from tests.payout_files import raw

pytestmark = pytest.mark.only_on_moto

SAMPLES = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
LOCAL_KEY = "local-hash-key"

Load = Callable[[str], dict[str, Any]]


def play(name: str, load: Load) -> Any:
    folder = name.partition("_")[2].partition(".")[0]
    return handler(folder)(load(name), context(folder))


@pytest.fixture
def walked(bridge: MotoStage, sample_event: Load) -> Callable[[str], Any]:
    """Set the scene, play the samples up to the named one, and give its answer."""
    boto3.client("secretsmanager").put_secret_value(
        SecretId="webhook", SecretString=json.dumps({"current": LOCAL_KEY, "previous": ""})
    )
    scene.place_order(bridge.ordercloud_url)

    def play_up_to(name: str) -> Any:
        scene.open_run(bridge.cloud.ledger_table)
        steps = [sample for sample in SAMPLES if "03" <= sample[:2] < name[:2] and sample[:2] < "08"]
        for step in steps:
            play(step, sample_event)
        return play(name, sample_event)

    return play_up_to


def test_sample_events_when_listed_are_named_after_a_door_and_all_used_here() -> None:
    text = Path(__file__).read_text("utf-8")
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {name.partition("_")[2].partition(".")[0] for name in SAMPLES} == folders
    assert [name for name in SAMPLES if f'"{name}"' not in text] == []


@pytest.mark.parametrize(
    ("name", "status", "queued"),
    [
        ("01_ingest_ordercloud.order_submitted", 200, 1),
        ("01_ingest_ordercloud.order_submitted_base64", 200, 1),
        ("01_ingest_ordercloud.order_sync", 200, 1),
        ("01_ingest_ordercloud.wrong_hash", 401, 0),
    ],
)
def test_ingest_samples_when_played_answer_and_queue(
    bridge: MotoStage, walked: Callable[[str], Any], name: str, status: int, queued: int
) -> None:
    assert walked(name)["statusCode"] == status
    received = boto3.client("sqs").receive_message(QueueUrl=bridge.cloud.order_queue_url).get("Messages", [])
    assert len(received) == queued
    assert "jane" not in json.dumps(received)


def test_process_sample_when_one_record_is_broken_fails_that_one_alone(bridge: MotoStage, sample_event: Load) -> None:
    scene.place_order(bridge.ordercloud_url)
    answer = play("02_process_order.two_records_one_broken", sample_event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "00000002-aaaa-4bbb-8ccc-dddddddddddd"}]}
    bridge.settle()
    assert bridge.record("SO-1001").state == OrderState.INVOICED


def test_step_samples_when_played_in_order_make_the_invoice(bridge: MotoStage, walked: Callable[[str], Any]) -> None:
    assert walked("03_prepare_order.submitted") == {"next": "EnsureCustomer"}
    code = walked("04_ensure_customer.new_customer")["code"]
    invoice = walked("05_create_invoice.mixed_vat")
    assert (invoice["gross"], invoice["currency"], invoice["settled"]) == (str(scene.ORDER.total), "GBP", True)
    assert bridge.books.invoices()[0]["CustomerCode"] == code


def test_settle_sample_when_captured_later_pays_the_invoice(bridge: MotoStage, walked: Callable[[str], Any]) -> None:
    walked("05_create_invoice.mixed_vat")
    payment = bridge.shop.call("GET", "/v1/orders/Incoming/SO-1001/payments")["Items"][0]
    bridge.shop.capture("SO-1001", payment["ID"])
    assert walked("06_settle_invoice.captured_later")["paid"] == str(scene.ORDER.total)


def test_report_sample_when_invoiced_tells_the_shop(bridge: MotoStage, walked: Callable[[str], Any]) -> None:
    assert walked("07_report_status.invoiced") == {"again": False}
    assert bridge.shop.said("SO-1001")["SyncState"] == "Invoiced"


@pytest.mark.parametrize(
    ("name", "code"),
    [("08_park_order.tax_not_explained", "VAT_NOT_EXPLAINED"), ("08_park_order.run_timed_out", "RUN_TIMED_OUT")],
)
def test_park_samples_when_played_park_with_the_reason(
    bridge: MotoStage, walked: Callable[[str], Any], sample_event: Load, name: str, code: str
) -> None:
    scene.open_run(bridge.cloud.ledger_table)
    play(name, sample_event)
    record = bridge.record("SO-1001")
    assert (record.state, record.parking.code) == (OrderState.PARKED, code)
    assert bridge.shop.said("SO-1001")["SyncState"] == "Parked"


def test_watch_sample_when_played_finds_no_duplicate(walked: Callable[[str], Any]) -> None:
    walked("05_create_invoice.mixed_vat")
    assert walked("10_watch_duplicates.scheduled") == {"standing": 0, "pages_left": 0}


def test_comparison_sample_when_played_finds_no_difference_in_the_month_before(walked: Callable[[str], Any]) -> None:
    walked("05_create_invoice.mixed_vat")
    told = walked("12_reconcile_books.scheduled")
    assert (told["stage"], list(told["unexplained"].values())) == ("done", [0])


def test_sweep_sample_when_played_puts_the_changed_order_on_the_queue(
    bridge: MotoStage, walked: Callable[[str], Any]
) -> None:
    assert walked("09_sweep_orders.scheduled") == {
        "swept": 1,
        "returned": 0,
        "again": 0,
        "backfilled": 0,
        "told": 0,
        "waiting": 0,
        "without_evidence": 0,
        "cut_short": 0,
    }
    received = boto3.client("sqs").receive_message(QueueUrl=bridge.cloud.order_queue_url).get("Messages", [])
    assert json.loads(received[0]["Body"])["id"] == "SO-1001"


def test_payout_samples_when_played_take_the_file_and_wait_for_its_orders(
    bridge: MotoStage, walked: Callable[[str], Any], sample_event: Load
) -> None:
    """The books know nothing of its payments yet."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="payouts", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_object(Bucket="payouts", Key="stripe/november 2026.csv", Body=raw("stripe"))
    answer = walked("13_import_payout.file_in_the_bucket")
    assert answer == {"payouts": ["payout:stripe:po_1", "payout:stripe:po_2"], "new": 2}
    assert walked("14_book_payout.payout_file") == {"batchItemFailures": []}
    record = wiring().runs.record(Subject("payout", "stripe", "po_1"))
    assert (record.state, "ch_1" in record.awaits.words) == ("waiting", True)


@pytest.mark.parametrize(("name", "alarms"), [("11_notify_people.alarm", 1), ("11_notify_people.scheduled", 0)])
def test_notify_samples_when_played_tell_of_the_alarm_and_of_nothing_else(
    walked: Callable[[str], Any], name: str, alarms: int
) -> None:
    assert walked(name) == {"alarms": alarms, "parked": 0, "reminded": 0}
