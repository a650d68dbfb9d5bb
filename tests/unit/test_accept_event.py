"""From a posted body to an envelope on the queue, or to a refusal; never with people's data in either."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sitecore_kashflow.errors import PermanentError, RetryableError
from sitecore_kashflow.observability import logger
from sitecore_kashflow.runs.envelope import Envelope, read_envelope
from sitecore_kashflow.runs.kept_events import Kept
from sitecore_kashflow.runs.queue import EnvelopeQueue
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.wiring import Wiring, use
from sitecore_kashflow.shops.front_door import FrontDoor, Hint, Recognition
from sitecore_kashflow.shops.ordercloud.events import recognise
from sitecore_kashflow.shops.ordercloud.signature import is_signed, signature
from sitecore_kashflow.usecases.accept_event import Post, Reply, accept_event
from tests.deployed import context, handler
from tests.unit.doubles import Clock

NOW = datetime(2026, 11, 21, 9, 0, 2, tzinfo=UTC)
KEYS = ("current-key", "previous-key")
WELL = {"proceed": True, "Succeeded": True, "xp": {}}


class Queued:
    """A queue that keeps what it is given, or is down; and the kinds of subject for which it was asked."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.kinds: list[str] = []
        self.is_down = False

    def of_kind(self, kind: str) -> "Queued":
        self.kinds.append(kind)
        return self

    def put(self, envelope: Envelope) -> None:
        if self.is_down:
            raise RetryableError("QUEUE_UNAVAILABLE", "The queue did not take it: EndpointConnectionError.")
        self.envelopes.append(envelope)


@pytest.fixture
def queue() -> Queued:
    return Queued()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged from now on."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


def submitted(order_id: Any = "SO-1001", **changes: Any) -> dict[str, Any]:
    return {
        "Route": "v1/orders/{direction}/{orderID}/submit",
        "RouteParams": {"direction": "Outgoing", "orderID": order_id},
        "Verb": "POST",
        "LogID": "0f3c3a52-5a0e-4a0c-9a3a-2f3b8f1d7c11",
        "UserToken": "eyJhbGciOiJSUzI1NiJ9.live.credential",
        "Request": {"Body": {"Comments": "ring the bell"}},
        "Response": {
            "Body": {
                "ID": order_id,
                "FromUser": {"ID": "u-77", "FirstName": "Jane", "Email": "jane@acme.example"},
                "BillingAddress": {"Street1": "1 High St", "Zip": "LS1 1AA"},
            }
        },
    } | changes


def front_door(max_bytes: int = 10_000, keys: tuple[str, ...] = KEYS) -> FrontDoor:
    return FrontDoor("ordercloud", lambda raw, sent: is_signed(raw, sent, keys), recognise, max_bytes, WELL)


def accept(queue: Queued, raw: bytes, sent: str | None = None, largest: int = 10_000, key: str = KEYS[0]) -> Reply:
    return accept_post(queue, Post(raw, signature(key, raw) if sent is None else sent, "corr-1"), largest)


def accept_post(queue: Queued, post: Post, largest: int = 10_000) -> Reply:
    return accept_event(
        post,
        front_door=front_door(largest),
        queues=queue.of_kind,  # type: ignore[arg-type]
        now=NOW,
    )


def posted(queue: Queued, body: Any, **how: Any) -> Reply:
    return accept(queue, json.dumps(body).encode(), **how)


def error_code(reply: Reply) -> str:
    return str(reply.body["Errors"][0]["ErrorCode"])


def test_a_signed_event_about_an_order_becomes_one_envelope(queue: Queued) -> None:
    assert posted(queue, submitted()) == Reply(200, WELL)
    (envelope,) = queue.envelopes
    assert envelope.subject == Subject("order", "ordercloud", "SO-1001")
    assert (envelope.received_at, envelope.correlation_id) == (NOW, "corr-1")
    assert envelope.hint == "POST v1/orders/{direction}/{orderID}/submit"
    assert not envelope.is_backfill


def test_the_same_event_sent_twice_carries_the_same_digest(queue: Queued) -> None:
    posted(queue, submitted())
    posted(queue, submitted())
    first, second = queue.envelopes
    assert first.hint_id == second.hint_id


def test_events_without_a_mark_of_their_time_are_two_events_even_if_they_say_the_same(queue: Queued) -> None:
    raw = json.dumps(submitted() | {"LogID": None, "Date": None}).encode()
    for request in ("corr-1", "corr-2"):
        accept_post(queue, Post(raw, signature(KEYS[0], raw), request))
    first, second = queue.envelopes
    assert first.hint_id != second.hint_id


def test_the_previous_key_is_good_during_a_rotation_and_any_other_is_not(queue: Queued) -> None:
    assert posted(queue, submitted(), key="previous-key").status == 200
    assert posted(queue, submitted(), key="retired-key").status == 401
    assert len(queue.envelopes) == 1


@pytest.mark.parametrize("sent", ["", "nonsense", "é"])
def test_a_missing_or_wrong_hash_is_turned_away(queue: Queued, sent: str) -> None:
    reply = posted(queue, submitted(), sent=sent)
    assert (reply.status, error_code(reply)) == (401, "Unauthorized")
    assert queue.envelopes == []


def test_an_empty_previous_key_opens_nothing(queue: Queued) -> None:
    raw = json.dumps(submitted()).encode()
    reply = accept_event(
        Post(raw, signature("", raw), "corr-1"),
        front_door=front_door(keys=("current-key", "")),
        queues=queue.of_kind,  # type: ignore[arg-type]
        now=NOW,
    )
    assert reply.status == 401
    assert queue.envelopes == []


def test_a_body_of_the_largest_size_is_taken_and_a_byte_more_is_not(queue: Queued) -> None:
    size = len(json.dumps(submitted()).encode())
    assert posted(queue, submitted(), largest=size).status == 200
    reply = posted(queue, submitted(), largest=size - 1)
    assert (reply.status, error_code(reply)) == (413, "TOO_LARGE")


@pytest.mark.parametrize("raw", [b"", b"{", b"hello", b"\xff\xfe\xfd", b'{"a": 1}x', b"[" * 100_000, b"1" * 5000])
def test_a_signed_body_that_is_not_json_is_turned_away(queue: Queued, raw: bytes) -> None:
    reply = accept(queue, raw, largest=200_000)
    assert (reply.status, error_code(reply)) == (400, "NOT_JSON")


@pytest.mark.parametrize("body", [[], [submitted()], "text", 7, None])
def test_a_signed_body_that_is_no_object_is_turned_away(queue: Queued, body: Any) -> None:
    reply = posted(queue, body)
    assert (reply.status, error_code(reply)) == (400, "NOT_AN_OBJECT")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hello": "world"},
        submitted(Route="v1/products/{productID}"),
        submitted(Route="v1/brand/new/{thing}"),
        {"Headers": {"type": "sitecore.ordercloud.messages.something.new"}, "Payload": {"ID": "SO-1001"}},
        submitted(order_id="SO 1001/../x"),
        submitted(order_id="x" * 101),
        submitted(order_id=7),
    ],
)
def test_what_is_not_for_the_books_is_answered_well_and_not_queued(queue: Queued, body: dict[str, Any]) -> None:
    assert posted(queue, body) == Reply(200, WELL)
    assert queue.envelopes == []


@pytest.mark.parametrize("order_id", ["SO 1001/../x", "x" * 101, 7])
def test_an_order_whose_id_cannot_be_read_is_answered_well_and_warned_of(
    queue: Queued, log: io.StringIO, order_id: object
) -> None:
    assert posted(queue, submitted(order_id=order_id)) == Reply(200, WELL)
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert (line["code"], line["level"], line["shape"]) == ("EVENT_UNREADABLE", "WARNING", "webhook")
    assert str(order_id) not in log.getvalue() or order_id == 7


def test_a_subject_of_another_shop_whose_id_cannot_be_a_key_is_warned_of(queue: Queued, log: io.StringIO) -> None:
    door = replace(stock_door(None, None), recognise=lambda _: Recognition("stock", Hint("a:b", "stock", "digest-1")))
    accept_event(Post(b"{}", "good", "c"), front_door=door, queues=queue.of_kind, now=NOW)  # type: ignore[arg-type]
    assert json.loads(log.getvalue())["code"] == "EVENT_UNREADABLE"


def test_a_byte_order_mark_hides_nothing(queue: Queued) -> None:
    assert accept(queue, b"\xef\xbb\xbf" + json.dumps(submitted()).encode()).status == 200
    assert len(queue.envelopes) == 1


def test_an_endless_route_is_cut_short_in_envelope_and_log(queue: Queued, log: io.StringIO) -> None:
    assert posted(queue, submitted(Route=f"v1/orders/{'x' * 5000}")).status == 200
    (envelope,) = queue.envelopes
    assert len(envelope.hint) == 200
    assert len(log.getvalue()) < 1000


def test_an_event_that_the_queue_does_not_take_is_not_accepted(queue: Queued) -> None:
    queue.is_down = True
    with pytest.raises(RetryableError):
        posted(queue, submitted())


@dataclass
class Shelf:
    """Keeps what cannot be read again, and what was on the queue at that moment."""

    queue: Queued
    kept: list[tuple[Subject, Kept, datetime, int]] = field(default_factory=list)

    def keep(self, subject: Subject, kept: Kept, now: datetime) -> None:
        self.kept.append((subject, kept, now, len(self.queue.envelopes)))


FOUR = Kept(b"four", 1)


def stock_door(whole: Kept | None, shelf: Shelf | None) -> FrontDoor:
    """The door of a shop whose events bring all there is."""
    hint = Hint("SKU-7", "stock", "digest-1", kind="stock", whole=whole)
    return FrontDoor(
        source="warehouse",
        is_authentic=lambda raw, sent: sent == "good",
        recognise=lambda body: Recognition("stock", hint),
        max_bytes=10_000,
        accepted={"thanks": True},
        kept_events=shelf,  # type: ignore[arg-type]
    )


def test_an_event_that_cannot_be_read_again_is_kept_before_its_envelope_is_sent(queue: Queued) -> None:
    shelf = Shelf(queue)
    reply = accept_event(
        Post(b'{"level": 4}', "good", "corr-1"),
        front_door=stock_door(FOUR, shelf),
        queues=queue.of_kind,  # type: ignore[arg-type]
        now=NOW,
    )
    subject = Subject("stock", "warehouse", "SKU-7")
    assert reply == Reply(200, {"thanks": True})
    assert queue.kinds == ["stock"]
    assert shelf.kept == [(subject, FOUR, NOW, 0)]
    assert queue.envelopes == [Envelope(subject, "stock", "digest-1", NOW, "corr-1")]


def test_an_event_that_nothing_keeps_is_not_accepted(queue: Queued) -> None:
    post = Post(b'{"level": 4}', "good", "corr-1")
    with pytest.raises(PermanentError, match="NOTHING_KEEPS_EVENTS"):
        accept_event(post, front_door=stock_door(FOUR, None), queues=queue.of_kind, now=NOW)  # type: ignore[arg-type]
    assert queue.envelopes == []


@pytest.mark.parametrize(("whole", "sent"), [(None, "good"), (FOUR, "bad")])
def test_nothing_is_kept_of_what_can_be_read_again_or_is_not_authentic(
    queue: Queued, whole: Kept | None, sent: str
) -> None:
    shelf = Shelf(queue)
    accept_event(
        Post(b'{"level": 4}', sent, "corr-1"),
        front_door=stock_door(whole, shelf),
        queues=queue.of_kind,  # type: ignore[arg-type]
        now=NOW,
    )
    assert shelf.kept == []
    assert len(queue.envelopes) == (sent == "good")


PERSONAL = ("Jane", "acme.example", "u-77", "High St", "LS1", "ring the bell", "credential", "eyJ", "current-key")


def test_neither_envelope_nor_answer_nor_log_holds_people_or_credentials(queue: Queued, log: io.StringIO) -> None:
    raw = json.dumps(submitted()).encode()
    replies = [
        accept(queue, raw),
        accept(queue, raw, sent="wrong"),
        accept(queue, raw, largest=5),
        accept(queue, raw + b"x"),
        posted(queue, submitted(Route="v1/me")),
    ]
    assert [reply.status for reply in replies] == [200, 401, 413, 400, 200]
    told = log.getvalue()
    assert "order:ordercloud:SO-1001" in told
    for shown in (told, queue.envelopes[0].to_json(), *(json.dumps(reply.body) for reply in replies)):
        for secret in PERSONAL:
            assert secret not in shown


# --- through the real door -------------------------------------------------------------------------------------


@dataclass
class Door:
    """The deployed function, with its queue and its secret."""

    queue_url: str

    def post(self, body: str, sent: str, *, is_base64: bool = False, header: str = "X-oc-hash") -> dict[str, Any]:
        event = {
            "body": body,
            "isBase64Encoded": is_base64,
            "headers": {header: sent},
            "requestContext": {"requestId": "req-1"},
        }
        answer: dict[str, Any] = handler("ingest_ordercloud")(event, context("ingest_ordercloud"))
        return answer

    def queued(self) -> list[dict[str, Any]]:
        found = boto3.client("sqs").receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@pytest.fixture
def door(aws_environment: None, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Door]:
    with mock_aws():
        url = boto3.client("sqs").create_queue(QueueName="OrderQueue")["QueueUrl"]
        boto3.client("secretsmanager").create_secret(
            Name="webhook", SecretString=json.dumps({"current": KEYS[0], "previous": KEYS[1]})
        )
        for name, value in {
            "ORDER_QUEUE_URL": url,
            "WEBHOOK_SECRET_NAME": "webhook",
            "MAX_WEBHOOK_BYTES": "10000",
        }.items():
            monkeypatch.setenv(name, value)
        use(Wiring(clock=clock))
        yield Door(url)


RAW = json.dumps(submitted(), ensure_ascii=False).encode()


@pytest.mark.parametrize("header", ["X-oc-hash", "x-oc-hash", "X-OC-HASH"])
@pytest.mark.parametrize("key", KEYS)
def test_the_door_takes_a_plain_body_signed_by_either_key(door: Door, header: str, key: str) -> None:
    answer = door.post(RAW.decode(), signature(key, RAW), header=header)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, WELL)
    (envelope,) = door.queued()
    assert (envelope["kind"], envelope["source"], envelope["id"]) == ("order", "ordercloud", "SO-1001")
    assert (envelope["version"], envelope["correlation_id"]) == (1, "req-1")


def test_the_door_verifies_the_bytes_behind_base64(door: Door) -> None:
    raw = json.dumps(submitted(ConfigData={"shop": "Café £5"}), ensure_ascii=False).encode()
    answer = door.post(base64.b64encode(raw).decode(), signature(KEYS[0], raw), is_base64=True)
    assert answer["statusCode"] == 200
    assert len(door.queued()) == 1
    assert door.post(base64.b64encode(raw).decode(), signature(KEYS[0], raw))["statusCode"] == 401


@pytest.mark.parametrize("body", ["not base64!", "a", ""])
def test_the_door_turns_a_broken_base64_body_away(door: Door, body: str) -> None:
    assert door.post(body, signature(KEYS[0], RAW), is_base64=True)["statusCode"] == 401


@pytest.mark.parametrize("event", [{}, {"body": None, "headers": None}, {"headers": {}}])
def test_the_door_turns_an_empty_call_away(door: Door, event: dict[str, Any]) -> None:
    assert handler("ingest_ordercloud")(event, context("ingest_ordercloud"))["statusCode"] == 401


def test_the_door_asks_for_the_event_again_when_the_queue_is_down(door: Door, log: io.StringIO) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=door.queue_url)
    answer = door.post(RAW.decode(), signature(KEYS[0], RAW))
    assert answer["statusCode"] == 503
    assert "AWS_REFUSED" in log.getvalue()  # the queue is gone, so that waiting will not help
    for secret in PERSONAL:
        assert secret not in log.getvalue()


def test_a_queue_of_aws_keeps_the_envelope_as_it_was(door: Door, clock: Clock) -> None:
    envelope = Envelope(Subject("order", "ordercloud", "SO-1"), "h", "i", clock(), "c")
    EnvelopeQueue(boto3.client("sqs"), door.queue_url).put(envelope)
    (kept,) = door.queued()
    assert read_envelope(json.dumps(kept)) == envelope


def test_the_door_counts_and_logs_under_the_name_of_its_stack(
    door: Door, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "another-shop")
    handler("ingest_ordercloud")({"body": ""}, context("ingest_ordercloud"))
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    logged = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["service"] for line in counted} == {"another-shop"}
    assert {line["service"] for line in logged} == {"another-shop"}


def test_the_door_logs_nothing_of_the_call_before(door: Door, log: io.StringIO) -> None:
    logger.thread_safe_append_keys(subject="of-the-call-before")
    handler("ingest_ordercloud")({"body": ""}, context("ingest_ordercloud"))
    assert log.getvalue() != ""
    assert "of-the-call-before" not in log.getvalue()
