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

A run's number is its fencing token: every write of a run carries the condition that this run still
holds the order, and raises `SupersededError` if not. Within a run two workers may still meet (an attempt
that was given up may wake late), so the invoice's entry has a revision: only who read the latest may write.
Moments are aware UTC; amounts exact decimals.
"""

import hashlib
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from ..canonical.order import Order
from ..canonical.status import OrderState
from ..errors import PermanentError, RetryableError, SupersededError
from .records import CustomerLink, InvoiceEntry, Job, OrderRecord, invoice_entry, order_record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PART_BYTES = 350_000
_ORDER = TypeAdapter(Order)


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
                UpdateExpression="SET running = :yes, run_opened_at = :now REMOVE execution_arn ADD run :one",
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
        with suppress(SupersededError):
            self._write_state(order_key, run, "SET execution_arn = :arn", {":arn": execution_arn})

    def begin_round(self, job: Job) -> OrderRecord:
        """The run now looks at the order: every event up to here is served by what it will see."""
        self._write_state(job.order_key, job.run, "SET seen = wanted", {})
        return self.order(job.order_key)

    def end_run(self, job: Job, told: OrderState) -> bool:
        """Let the order go. False if the run must go round again.

        That is if an event came since the round began, or if the state is no longer the one that the shop was `told`:
        a worker that was given up may wake late and write an earlier one.
        """
        try:
            self._table.update_item(
                Key=_key(job.order_key),
                UpdateExpression="SET running = :no REMOVE execution_arn",
                ConditionExpression="run = :run AND running = :yes AND wanted = seen AND #state = :told",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":yes": True, ":no": False, ":run": job.run, ":told": told},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            record = self.order(job.order_key)
            if record.run != job.run:
                raise SupersededError(job.order_key, job.run) from None
            return not record.running
        return True

    def abandon_run(self, order_key: str, run: int) -> None:
        """Let the order go whatever came meanwhile: the run itself is dead."""
        self._write_state(order_key, run, "SET running = :no REMOVE execution_arn", {":no": False})

    def order(self, order_key: str) -> OrderRecord:
        """The order's record. Raises `PermanentError` if there is none."""
        item = self._table.get_item(Key=_key(order_key), ConsistentRead=True).get("Item")
        if item is None:
            raise PermanentError("ORDER_NOT_IN_LEDGER", f"The ledger knows no order {order_key}.")
        return order_record(order_key, item)

    # --- states ------------------------------------------------------------------------------------------

    def set_state(self, job: Job, state: OrderState, now: datetime) -> None:
        """The order is now in this state; a note of parking is taken off."""
        self._write_state(
            job.order_key,
            job.run,
            "SET #state = :state, updated_at = :now REMOVE task_token, parked_step, parked_from, reason_code, reason",
            {":state": state, ":now": _text(now)},
            {"#state": "state"},
        )

    def park(
        self, order_key: str, run: int, *, step: str, code: str, reason: str, task_token: str, now: datetime
    ) -> None:
        """The order waits for a person, who reads `reason`; `task_token` lets the run go on at `step`."""
        self._write_state(
            order_key,
            run,
            "SET #state = :state, parked_from = if_not_exists(parked_from, #state), parked_step = :step, "
            "reason_code = :code, reason = :reason, "
            "task_token = :token, updated_at = :now",
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
        """A person decided that the bridge leaves this order alone."""
        try:
            self._table.update_item(
                Key=_key(job.order_key),
                UpdateExpression="SET #state = :state, reason = :why, updated_at = :now "
                "REMOVE task_token, parked_step, parked_from, reason_code",
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

    def note_report(self, job: Job, mark: str) -> None:
        """Sitecore has been told; `mark` stands for what it was told."""
        self._write_state(
            job.order_key,
            job.run,
            "SET report_mark = :mark",
            {":mark": mark},
        )

    # --- snapshot ----------------------------------------------------------------------------------------

    def save_snapshot(self, job: Job, order: Order, now: datetime) -> None:
        """Keep the order as understood. A thousand lines fit: compressed, and cut where DynamoDB's item limit is.

        The parts are written under a name of their own first; the record points to them last, so a reader
        never sees half of one snapshot and half of another.
        """
        packed = zlib.compress(_ORDER.dump_json(order), 9)
        name = hashlib.sha256(packed).hexdigest()[:16]
        parts = [packed[at : at + _PART_BYTES] for at in range(0, len(packed), _PART_BYTES)]
        expires_at = int((now + self._snapshot_life).timestamp())
        for number, part in enumerate(parts):
            item = _part(job.order_key, name, number) | {"body": part, "expires_at": expires_at}
            self._guarded(job, {"Put": {"Item": item}})
        self._write_state(
            job.order_key,
            job.run,
            "SET snapshot_name = :name, snapshot_parts = :parts",
            {":name": name, ":parts": len(parts)},
        )

    def snapshot(self, job: Job) -> Order:
        """The order as the run's last round understood it. Raises `PermanentError` if it is there no more."""
        state = self._table.get_item(Key=_key(job.order_key), ConsistentRead=True).get("Item", {})
        name, count = str(state.get("snapshot_name", "")), int(str(state.get("snapshot_parts", 0)))
        keys = [_part(job.order_key, name, number) for number in range(count)]
        items = [self._table.get_item(Key=key, ConsistentRead=True).get("Item") for key in keys]
        if not items or None in items:
            raise PermanentError(
                "SNAPSHOT_GONE", f"The ledger no longer holds what {job.order_key} looked like. Resume it afresh."
            )
        packed = b"".join(bytes(item["body"]) for item in items if item)  # type: ignore[arg-type]
        return _ORDER.validate_json(zlib.decompress(packed))

    # --- documents ---------------------------------------------------------------------------------------

    def invoice(self, order_key: str) -> InvoiceEntry | None:
        """The order's invoice: an intent, a document, or None."""
        key = {"pk": f"ORDER#{order_key}", "sk": "INVOICE"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else invoice_entry(item)

    def write_invoice(self, job: Job, entry: InvoiceEntry) -> InvoiceEntry:
        """Write the intent or the result of the invoice; returns the entry as written.

        Only while this run holds the order; raises `RetryableError` if another worker wrote after `entry` was read.
        """
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
            "revision": entry.revision + 1,
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
        self._guarded(job, {"Put": {"Item": item} | _unchanged(entry)})
        return replace(entry, revision=entry.revision + 1)

    def withdraw_invoice(self, job: Job, intent: InvoiceEntry) -> None:
        """Take an intent back: the write has certainly not happened."""
        key = {"pk": f"ORDER#{job.order_key}", "sk": "INVOICE"}
        self._guarded(job, {"Delete": {"Key": key} | _unchanged(intent)})

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
        self,
        order_key: str,
        run: int,
        expression: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> None:
        arguments: dict[str, Any] = {
            "Key": _key(order_key),
            "UpdateExpression": expression,
            "ConditionExpression": "run = :held_run AND running = :is_running",
            "ExpressionAttributeValues": values | {":held_run": run, ":is_running": True},
        }
        if names:
            arguments["ExpressionAttributeNames"] = names
        try:
            self._table.update_item(**arguments)
        except ClientError as error:
            if not _is_condition(error):
                raise
            raise SupersededError(order_key, run) from None

    def _guarded(self, job: Job, write: dict[str, dict[str, Any]]) -> None:
        """One write, in one transaction with the check that this run still holds the order."""
        check: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": _key(job.order_key),
            "ConditionExpression": "run = :run AND running = :yes",
            "ExpressionAttributeValues": {":run": job.run, ":yes": True},
        }
        ((verb, arguments),) = write.items()
        try:
            items: Any = [{"ConditionCheck": check}, {verb: arguments | {"TableName": self._table.name}}]
            self._table.meta.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            if reasons and reasons[0].get("Code") == "ConditionalCheckFailed":
                raise SupersededError(job.order_key, job.run) from None
            if len(reasons) > 1 and reasons[1].get("Code") == "ConditionalCheckFailed":
                raise RetryableError(
                    "WRITTEN_MEANWHILE", f"Another worker wrote the invoice of {job.order_key}. Look again."
                ) from None
            raise


def _unchanged(entry: InvoiceEntry) -> dict[str, Any]:
    """The condition that nobody wrote since `entry` was read."""
    if not entry.revision:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": entry.revision},
    }


def _key(order_key: str) -> dict[str, Any]:
    return {"pk": f"ORDER#{order_key}", "sk": "STATE"}


def _part(order_key: str, name: str, number: int) -> dict[str, Any]:
    return {"pk": f"ORDER#{order_key}", "sk": f"SNAPSHOT#{name}#{number:04}"}


def _is_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
