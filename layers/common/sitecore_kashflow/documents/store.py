"""Entries of documents in the ledger table: one `DOCUMENT#<kind>#<reference>` item each, beside their subject.

For each payment of a gateway that a document shows there is a signpost, `PAYMENT#<its id>`, with the subject's key.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from ..canonical.sent import Sent
from ..runs.records import Job
from ..runs.runs import Runs
from ..runs.subject import Subject, subject_of
from ..tables.items import Item, Items, moment_text
from .entry import Banked, Days, Entries, Entry, Figures, InDoubt, Posting, Standing, Status, Unposted, VatEvidence

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PREFIX = "DOCUMENT#"


class DocumentStore:
    """Reads see every earlier write. A write succeeds only while its attempt holds the subject."""

    def __init__(self, table: "Table", runs: Runs) -> None:
        self._items = Items(table)
        self._runs = runs

    def of(self, subject: Subject) -> Entries:
        """All documents of a subject."""
        found = self._items.query(
            KeyConditionExpression=Key("pk").eq(subject.pk) & Key("sk").begins_with(_PREFIX),
            ConsistentRead=True,
        )
        return Entries(map(entry_of, found))

    def write(self, job: Job, entry: Entry) -> Entry:
        """Record the intent or the result of a document; returns the entry."""
        item = _key(job.subject, entry) | _fields(entry) | {"run": job.run}
        signposts = [{"Put": {"Item": one}} for one in _signposts(job.subject, entry)]
        writes = [*signposts, {"Put": {"Item": item}}]
        self._runs.write_fenced(job, *writes, is_intent=isinstance(entry.status, InDoubt))
        return entry

    def with_payment(self, reference: str) -> set[Subject]:
        """The subjects of documents that show a payment with this id of a gateway."""
        found = self._items.query(KeyConditionExpression=Key("pk").eq(_signpost_pk(reference)), ConsistentRead=True)
        return {subject_of(str(item["sk"])) for item in found}

    def withdraw(self, job: Job, entry: Entry) -> None:
        """Forget a document: no post of it has landed, or can."""
        self._runs.write_fenced(job, {"Delete": {"Key": _key(job.subject, entry)}})


def _signposts(subject: Subject, entry: Entry) -> Iterator[Item]:
    """One for each payment of a gateway, once its document is settled: from its id to the subject."""
    references = {one.reference for one in entry.banked.values() if one.reference} if entry.is_settled else set()
    for reference in sorted(references):
        yield {"pk": _signpost_pk(reference), "sk": subject.pk}


def _signpost_pk(reference: str) -> str:
    return f"PAYMENT#{reference}"


def entry_of(item: Item) -> Entry:
    """The entry in an item."""
    kind, _, reference = str(item["sk"]).removeprefix(_PREFIX).partition("#")
    return Entry(
        kind=kind,
        reference=reference,
        customer_code=str(item["customer_code"]),
        figures=Figures(
            currency=str(item["currency"]),
            net=Decimal(item["net"]),
            vat=Decimal(item["vat"]),
            gross=Decimal(item["gross"]),
            rate=Decimal(item["rate"]) if "rate" in item else None,
            rate_day=date.fromisoformat(str(item["rate_day"])) if "rate_day" in item else None,
            sold_in=str(item["sold_in"]) if "sold_in" in item else None,
            sale=str(item["sale"]) if "sale" in item else None,
        ),
        rules_version=str(item["rules_version"]),
        status=_status_of(item),
        carried={payment_id: Decimal(amount) for payment_id, amount in item.get("carried", {}).items()},
        marks=dict(item.get("marks", {})),
        banked={name: Banked(int(one["account"]), str(one["reference"])) for name, one in _banked(item)},
        postings=tuple(
            Posting(int(one["account"]), str(one["box"]), Decimal(one["net"]), Decimal(one["vat"]))
            for one in item.get("postings", [])
        ),
        days=_days_of(item["days"]) if "days" in item else None,
        on=int(item["on"]) if "on" in item else None,
        reserved=int(item["reserved"]) if "reserved" in item else None,
        lines=tuple(map(str, item.get("lines", ()))),
        vat_evidence=_evidence_of(item["vat_evidence"]) if "vat_evidence" in item else None,
        rules_held=tuple(map(str, item.get("rules_held", ()))),
        sold=bytes(item["sold"]) if "sold" in item else b"",
        enriched_by=str(item.get("enriched_by", "")),
        sent=Sent(str(item["sent"]["shipment"]), bool(item["sent"]["is_last"])) if "sent" in item else None,
    )


def _banked(item: Item) -> Iterable[tuple[str, Any]]:
    found: Mapping[str, Any] = item.get("banked", {})
    return found.items()


def _days_of(item: Item) -> Days:
    return Days(
        date.fromisoformat(item["issued"]),
        {payment_id: date.fromisoformat(day) for payment_id, day in item["received"].items()},
        date.fromisoformat(item["supplied"]) if "supplied" in item else None,
        date.fromisoformat(item["due"]) if "due" in item else None,
    )


def _fields_of_days(days: Days) -> Item:
    received = {payment_id: day.isoformat() for payment_id, day in days.received.items()}
    further = {"supplied": days.supplied, "due": days.due}
    return {"issued": days.issued.isoformat(), "received": received} | {
        name: day.isoformat() for name, day in further.items() if day
    }


def _evidence_of(item: Item) -> VatEvidence:
    number, country, answer = (str(item[name]) for name in ("number", "country", "answer"))
    return VatEvidence(number, country, date.fromisoformat(item["seen_on"]), answer)


def _fields_of_evidence(evidence: VatEvidence) -> Item:
    return vars(evidence) | {"seen_on": evidence.seen_on.isoformat()}


def _status_of(item: Item) -> Status:
    match item["status"]:
        case "standing":
            return Standing(
                number=int(item["number"]),
                internal_id=int(item["internal_id"]) if "internal_id" in item else None,
                is_adopted=bool(item["is_adopted"]),
                is_verified=bool(item["is_verified"]),
            )
        case "in_doubt":
            return InDoubt(datetime.fromisoformat(str(item["until"])))
        case _:
            return Unposted()


def _fields(entry: Entry) -> Item:
    figures = entry.figures
    fields: dict[str, Any] = {
        "customer_code": entry.customer_code,
        "currency": figures.currency,
        "net": figures.net,
        "vat": figures.vat,
        "gross": figures.gross,
        "rate": figures.rate,
        "rate_day": figures.rate_day.isoformat() if figures.rate_day else None,
        "sold_in": figures.sold_in,
        "sale": figures.sale,
        "rules_version": entry.rules_version,
        "carried": dict(entry.carried),
        "marks": dict(entry.marks),
        "banked": {name: vars(one) for name, one in entry.banked.items()} or None,
        "postings": [vars(one) for one in entry.postings] or None,
        "days": _fields_of_days(entry.days) if entry.days else None,
        "on": entry.on,
        "reserved": entry.reserved,
        "lines": list(entry.lines) or None,
        "vat_evidence": _fields_of_evidence(entry.vat_evidence) if entry.vat_evidence else None,
        "rules_held": list(entry.rules_held) or None,
        "sold": entry.sold or None,
        "enriched_by": entry.enriched_by or None,
        "sent": entry.sent._asdict() if entry.sent else None,
    }
    return {name: value for name, value in (fields | _fields_of_status(entry.status)).items() if value is not None}


def _fields_of_status(status: Status) -> Item:
    match status:
        case Standing():
            return {
                "status": "standing",
                "number": status.number,
                "internal_id": status.internal_id,
                "is_adopted": status.is_adopted,
                "is_verified": status.is_verified,
            }
        case InDoubt():
            return {"status": "in_doubt", "until": moment_text(status.until)}
        case Unposted():
            return {"status": "unposted"}


def _key(subject: Subject, entry: Entry) -> dict[str, str]:
    return {"pk": subject.pk, "sk": f"{_PREFIX}{entry.kind}#{entry.reference}"}
