"""The ledger: the truth about what each order has become, in one DynamoDB table.

| pk                  | sk                | holds                                                          |
|---------------------|-------------------|----------------------------------------------------------------|
| `ORDER#<order key>` | `STATE`           | named state, run and lease, note of parking, last report       |
| `ORDER#<order key>` | `SNAPSHOT#…`      | the order as understood, compressed, in parts                  |
| `ORDER#<order key>` | `INVOICE`         | intent, then result of the invoice                             |
| `CUSTOMER#<key>`    | `LINK`            | the KashFlow code and a mark of what was written               |
| `ACCESS#<system>`   | `CURRENT`         | turns, pauses and session (`stores.access`)                    |
| `ACCOUNT#KASHFLOW`  | `LISTS`           | KashFlow's own lists as last read (`stores.account`)           |
| `SWEEP#<name>`      | `CURSOR`          | how far a look through the orders has come (`stores.cursors`)  |
| `DUPLICATES`        | `WATCH`, `PART#…` | what is known of references in KashFlow (`stores.duplicates`)  |
| `NUMBERS#INVOICE`   | `LAST`            | the last invoice number that was reserved (`stores.numbers`)   |

Fencing: every write of a step carries the condition that its run still holds the order and that its attempt is
the one that began last (`begin_step`). Of a run that is over, and of an attempt that was given up and wakes late,
nothing is written: `SupersededError` or `RetryableError`. Moments are aware UTC; amounts exact decimals.
"""

import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from ..canonical.order import Order
from ..canonical.states import OrderState
from ..errors import BridgeError, PermanentError, RetryableError, SupersededError
from .records import CustomerLink, InvoiceEntry, Job, OrderRecord, invoice_entry, order_record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PART_BYTES = 350_000
_ORDER = TypeAdapter(Order)
_IS_OURS = "run = :our_run AND running = :is_running AND attempt = :our_attempt"
_SET_STATE = "SET #state = :state, updated_at = :now"
_NOTE_OF_PARKING = "task_token, parked_step, parked_from, reason_code, reason"


class Ledger:
    """All reads and writes of orders and customers."""

    def __init__(self, table: "Table", snapshot_days: int = 400) -> None:
        self._table = table
        self._snapshot_life = timedelta(days=snapshot_days)

    # --- events and runs ---------------------------------------------------------------------------------

    def note_event(self, order_key: str, order_id: str, now: datetime) -> OrderRecord:
        """Remember that somebody wants this order looked at. Never lost: a run serves it or goes round again."""
        answer = self._table.update_item(
            Key=_key(order_key),
            UpdateExpression="SET #state = if_not_exists(#state, :received), order_id = :id, "
            "updated_at = if_not_exists(updated_at, :now) "
            "ADD wanted :one",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":received": OrderState.RECEIVED,
                ":id": order_id,
                ":now": _text(now),
                ":one": 1,
            },
            ReturnValues="ALL_NEW",
        )
        return order_record(order_key, answer["Attributes"])

    def open_run(self, order_key: str, now: datetime) -> OrderRecord:
        """Take the order for a new run, if no run holds it. The returned record says which run holds it now."""
        try:
            answer = self._table.update_item(
                Key=_key(order_key),
                UpdateExpression="SET running = :yes, run_opened_at = :now REMOVE execution_arn, attempt ADD run :one",
                ConditionExpression="attribute_not_exists(running) OR running = :no",
                ExpressionAttributeValues={":yes": True, ":no": False, ":now": _text(now), ":one": 1},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            return self.order(order_key)
        return order_record(order_key, answer["Attributes"])

    def note_started(self, order_key: str, run: int, execution_arn: str) -> None:
        """The workflow of this run has started. A run that is over already needs no note."""
        self._note_of_run(order_key, run, "SET execution_arn = :arn", {":arn": execution_arn})

    def begin_step(self, job: Job) -> OrderRecord:
        """This attempt works on the order from now on; no earlier one of the run can write any more.

        Raises `SupersededError` if the run no longer holds the order, `RetryableError` if a later attempt has begun.
        """
        try:
            answer = self._table.update_item(
                Key=_key(job.order_key),
                UpdateExpression="SET attempt = :attempt",
                ConditionExpression="run = :run AND running = :yes AND "
                "(attribute_not_exists(attempt) OR attempt <= :attempt)",
                ExpressionAttributeValues={":attempt": job.attempt, ":run": job.run, ":yes": True},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            raise self._refusal(job) from None
        return order_record(job.order_key, answer["Attributes"])

    def end_run(self, job: Job) -> bool:
        """Let the order go. False if the run must go round again, because an event came that no plan has served."""
        try:
            self._table.update_item(
                Key=_key(job.order_key),
                UpdateExpression="SET running = :no REMOVE execution_arn",
                ConditionExpression=f"{_IS_OURS} AND wanted = seen",
                ExpressionAttributeValues=_ours(job) | {":no": False},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            record = self.order(job.order_key)
            if (record.run, record.attempt) != (job.run, job.attempt):
                raise self._refusal(job) from None
            return not record.running
        return True

    def abandon_run(self, order_key: str, run: int) -> None:
        """Let the order go whatever came meanwhile: the run itself is dead. If it no longer holds it, all is well.

        What was done may be known to KashFlow alone, if the ledger was restored to an earlier time: from now on a
        run that finds no entry of the invoice looks there first.
        """
        self._note_of_run(
            order_key, run, "SET running = :no, looks_first = :yes REMOVE execution_arn", {":no": False, ":yes": True}
        )

    def order(self, order_key: str) -> OrderRecord:
        """The order's record. Raises `PermanentError` if there is none."""
        item = self._table.get_item(Key=_key(order_key), ConsistentRead=True).get("Item")
        if item is None:
            raise PermanentError("ORDER_NOT_IN_LEDGER", f"The ledger knows no order {order_key}.")
        return order_record(order_key, item)

    # --- states ------------------------------------------------------------------------------------------

    def commit_plan(self, job: Job, state: OrderState, *, seen: int, now: datetime, order: Order | None = None) -> None:
        """The order was looked at: its state, all events up to `seen` served, and `order` as it is understood.

        A thousand lines fit: compressed, and cut where DynamoDB's item limit is. The parts are written under a name
        of their own first; the record points to them last, so a reader never sees half of one and half of another.
        """
        told, values = "", {":state": state, ":now": _text(now), ":seen": seen}
        if order is not None:
            name, parts = self._save_parts(job, order, now)
            told, values = ", snapshot_name = :name, snapshot_parts = :parts", values | {":name": name, ":parts": parts}
        self._write_state(
            job, f"{_SET_STATE}, seen = :seen{told} REMOVE {_NOTE_OF_PARKING}", values, {"#state": "state"}
        )

    def note_seen(self, job: Job, seen: int) -> None:
        """All events up to `seen` are served, and nothing else is to be said of the order."""
        self._write_state(job, "SET seen = :seen", {":seen": seen})

    def set_state(self, job: Job, state: OrderState, now: datetime) -> None:
        """The order is now in this state; a note of parking is taken off."""
        self._write_state(
            job,
            f"{_SET_STATE} REMOVE {_NOTE_OF_PARKING}",
            {":state": state, ":now": _text(now)},
            {"#state": "state"},
        )

    def park(self, job: Job, *, step: str, code: str, reason: str, task_token: str, now: datetime) -> None:
        """The order waits for a person, who reads `reason`; `task_token` lets the run go on at `step`."""
        self._write_state(
            job,
            f"{_SET_STATE}, parked_from = if_not_exists(parked_from, #state), parked_step = :step, "
            "reason_code = :code, reason = :reason, task_token = :token",
            {
                ":state": OrderState.PARKED,
                ":step": step,
                ":code": code,
                ":reason": reason,
                ":token": task_token,
                ":now": _text(now),
            },
            {"#state": "state"},
        )

    def note_resumed(self, order_key: str, task_token: str) -> None:
        """The run goes on with this token: nobody can use it a second time."""
        try:
            self._table.update_item(
                Key=_key(order_key),
                UpdateExpression="REMOVE task_token",
                ConditionExpression="task_token = :token",
                ExpressionAttributeValues={":token": task_token},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise

    def abandon(self, job: Job, why: str, now: datetime) -> None:
        """A person decided that the bridge leaves this order alone. Its task token stays until it was used."""
        try:
            self._table.update_item(
                Key=_key(job.order_key),
                UpdateExpression="SET #state = :state, reason = :why, updated_at = :now "
                "REMOVE parked_step, parked_from, reason_code",
                ConditionExpression="#state = :parked AND run = :run",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": OrderState.ABANDONED,
                    ":parked": OrderState.PARKED,
                    ":why": why,
                    ":now": _text(now),
                    ":run": job.run,
                },
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            raise SupersededError(job.order_key, job.run) from None

    def orders_in(self, state: OrderState) -> list[OrderRecord]:
        """All orders in a state, longest there first."""
        query: dict[str, Any] = {"IndexName": "by_state", "KeyConditionExpression": Key("state").eq(state)}
        found: list[OrderRecord] = []
        while True:
            answer = self._table.query(**query)
            found += [order_record(str(item["pk"]).removeprefix("ORDER#"), item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def orders_after(self, state: OrderState, after: str, limit: int) -> list[OrderRecord]:
        """The next orders of a state by when they came into it: later than `after` (as `updated_at` is written)."""
        answer = self._table.query(
            IndexName="by_state",
            KeyConditionExpression=Key("state").eq(state) & Key("updated_at").gt(after),
            Limit=limit,
        )
        return [order_record(str(item["pk"]).removeprefix("ORDER#"), item) for item in answer["Items"]]

    def note_report(self, job: Job, mark: str) -> None:
        """Sitecore has been told; `mark` stands for what it was told."""
        self._write_state(job, "SET report_mark = :mark", {":mark": mark})

    # --- snapshot ----------------------------------------------------------------------------------------

    def snapshot(self, record: OrderRecord) -> Order:
        """The order as the last plan understood it. Raises `PermanentError` if it is there no more."""
        keys = [_part(record.order_key, record.snapshot_name, number) for number in range(record.snapshot_parts)]
        items = [self._table.get_item(Key=key, ConsistentRead=True).get("Item") for key in keys]
        if not items or None in items:
            raise PermanentError(
                "SNAPSHOT_GONE", f"The ledger no longer holds what {record.order_key} looked like. Resume it afresh."
            )
        packed = b"".join(bytes(item["body"]) for item in items if item)  # type: ignore[arg-type]
        return _ORDER.validate_json(zlib.decompress(packed))

    def _save_parts(self, job: Job, order: Order, now: datetime) -> tuple[str, int]:
        """Keep the order under a name made from what it says. Returns that name and the number of parts."""
        packed = zlib.compress(_ORDER.dump_json(order), 9)
        name = hashlib.sha256(packed).hexdigest()[:16]
        parts = [packed[at : at + _PART_BYTES] for at in range(0, len(packed), _PART_BYTES)]
        expires_at = int((now + self._snapshot_life).timestamp())
        for number, part in enumerate(parts):
            item = _part(job.order_key, name, number) | {"body": part, "expires_at": expires_at}
            self._guarded(job, {"Put": {"Item": item}})
        return name, len(parts)

    # --- documents ---------------------------------------------------------------------------------------

    def invoice(self, order_key: str) -> InvoiceEntry | None:
        """The order's invoice: an intent, a document, or None."""
        key = {"pk": f"ORDER#{order_key}", "sk": "INVOICE"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else invoice_entry(item)

    def write_invoice(self, job: Job, entry: InvoiceEntry) -> InvoiceEntry:
        """Write the intent or the result of the invoice; returns the entry."""
        item = {
            "pk": f"ORDER#{job.order_key}",
            "sk": "INVOICE",
            "reference": entry.reference,
            "customer_code": entry.customer_code,
            "lands_by": _text(entry.lands_by),
            "net": entry.net,
            "vat": entry.vat,
            "gross": entry.gross,
            "currency": entry.currency,
            "rules_version": entry.rules_version,
            "adopted": entry.adopted,
            "verified": entry.verified,
            "unsent": entry.unsent,
            "payment_ids": list(entry.payment_ids),
            "paid": entry.paid,
            "run": job.run,
        }
        optional = {
            "number": entry.number,
            "reserved": entry.reserved,
            "invoice_id": entry.invoice_id,
            "exchange_rate": entry.exchange_rate,
            "rate_day": entry.rate_day.isoformat() if entry.rate_day else None,
        }
        item |= {name: value for name, value in optional.items() if value is not None}
        self._guarded(job, {"Put": {"Item": item}})
        return entry

    def withdraw_invoice(self, job: Job) -> None:
        """Take an intent back: the write has certainly not happened."""
        self._guarded(job, {"Delete": {"Key": {"pk": f"ORDER#{job.order_key}", "sk": "INVOICE"}}})

    # --- customers ---------------------------------------------------------------------------------------

    def customer(self, customer_key: str) -> CustomerLink | None:
        """Which KashFlow customer this is, or None."""
        key = {"pk": f"CUSTOMER#{customer_key}", "sk": "LINK"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else CustomerLink(str(item["code"]), str(item["mark"]))

    def link_customer(self, customer_key: str, link: CustomerLink, now: datetime) -> None:
        """Remember the code; `link.mark` tells later whether the shop's data changed."""
        key = {"pk": f"CUSTOMER#{customer_key}", "sk": "LINK"}
        self._table.put_item(Item=key | {"code": link.code, "mark": link.mark, "updated_at": _text(now)})

    # --- how ---------------------------------------------------------------------------------------------

    def _write_state(
        self, job: Job, expression: str, values: dict[str, Any], names: dict[str, str] | None = None
    ) -> None:
        """One write of the order's record, while this attempt may."""
        arguments: dict[str, Any] = {
            "Key": _key(job.order_key),
            "UpdateExpression": expression,
            "ConditionExpression": _IS_OURS,
            "ExpressionAttributeValues": _ours(job) | values,
        }
        if names:
            arguments["ExpressionAttributeNames"] = names
        try:
            self._table.update_item(**arguments)
        except ClientError as error:
            if not _is_condition(error):
                raise
            raise self._refusal(job) from None

    def _note_of_run(self, order_key: str, run: int, expression: str, values: dict[str, Any]) -> None:
        """One write of the order's record, if the run still holds it; no attempt of a step is asked for."""
        try:
            self._table.update_item(
                Key=_key(order_key),
                UpdateExpression=expression,
                ConditionExpression="run = :our_run AND running = :is_running",
                ExpressionAttributeValues={":our_run": run, ":is_running": True} | values,
            )
        except ClientError as error:
            if not _is_condition(error):
                raise

    def _guarded(self, job: Job, write: dict[str, dict[str, Any]]) -> None:
        """One write of another item, in one transaction with the check that this attempt may."""
        check: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": _key(job.order_key),
            "ConditionExpression": _IS_OURS,
            "ExpressionAttributeValues": _ours(job),
        }
        ((verb, arguments),) = write.items()
        try:
            items: Any = [{"ConditionCheck": check}, {verb: arguments | {"TableName": self._table.name}}]
            self._table.meta.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed":
                raise
            raise self._refusal(job) from None

    def _refusal(self, job: Job) -> BridgeError:
        """Why this attempt may no longer write."""
        record = self.order(job.order_key)
        if record.running and record.run == job.run:
            return RetryableError("ATTEMPT_SUPERSEDED", f"A later attempt of run {job.run} is at {job.order_key}.")
        return SupersededError(job.order_key, job.run)


def _ours(job: Job) -> dict[str, Any]:
    """The values of `_IS_OURS`."""
    return {":our_run": job.run, ":is_running": True, ":our_attempt": job.attempt}


def _key(order_key: str) -> dict[str, Any]:
    return {"pk": f"ORDER#{order_key}", "sk": "STATE"}


def _part(order_key: str, name: str, number: int) -> dict[str, Any]:
    return {"pk": f"ORDER#{order_key}", "sk": f"SNAPSHOT#{name}#{number:04}"}


def _is_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
