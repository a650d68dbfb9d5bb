"""Documents of a subject in the ledger: they come back as they were written, and a subject's own alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.sent import Sent
from sitecore_kashflow.documents.entry import Entry, InDoubt, Standing, Unposted, VatEvidence
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.runs import Runs
from tests.unit.doubles import Clock, a_run_that_holds, entry, order_subject

SUBJECT, LONGER = order_subject("SO-1"), order_subject("SO-10")
NOON = Clock()()
INVOICE = entry()
RECEIPT = entry("receipt", "pay#2", carried={"pay#2": Decimal("1.50")}, on=1001)


@pytest.fixture
def store(table: Any) -> DocumentStore:
    return DocumentStore(table, Runs(table))


@pytest.fixture
def job(table: Any, clock: Clock) -> Job:
    return a_run_that_holds(table, SUBJECT, clock)


FOREIGN = replace(INVOICE.figures, currency="EUR", rate=Decimal("1.1523"), rate_day=date(2026, 11, 20), sold_in="USD")


@pytest.mark.parametrize(
    "written",
    [
        INVOICE,
        replace(INVOICE, status=Unposted(), reserved=5000),
        replace(INVOICE, status=InDoubt(NOON)),
        replace(INVOICE, status=InDoubt(NOON), reserved=5000, figures=FOREIGN),
        replace(INVOICE, status=Standing(1871)),
        replace(INVOICE, status=Standing(1871, 5519001, is_adopted=True, is_verified=True)),
        replace(INVOICE, carried={"pay-1": Decimal("9.94"), "pay-2": Decimal("20.00")}),
        replace(INVOICE, kind="dispatch_invoice", sent=Sent("ship-1", is_last=True)),
        replace(INVOICE, vat_evidence=VatEvidence("DE136695976", "DE", date(2026, 11, 20), "WAPIAAAAX")),
        RECEIPT,
    ],
)
def test_document_is_read_back_as_it_was_written(store: DocumentStore, job: Job, written: Entry) -> None:
    assert list(store.of(SUBJECT)) == []
    assert store.write(job, written) == written
    assert list(store.of(SUBJECT)) == [written]


def test_result_takes_the_place_of_its_intent_and_leaves_nothing_of_it(store: DocumentStore, job: Job) -> None:
    store.write(job, replace(INVOICE, status=InDoubt(NOON), reserved=5000, carried={"pay-1": Decimal(1)}))
    done = replace(INVOICE, status=Standing(1871))
    store.write(job, done)
    assert list(store.of(SUBJECT)) == [done]


def test_document_can_be_withdrawn_and_the_others_stay(store: DocumentStore, job: Job) -> None:
    store.write(job, INVOICE)
    store.write(job, RECEIPT)
    for _ in range(2):
        store.withdraw(job, INVOICE)
    assert list(store.of(SUBJECT)) == [RECEIPT]


def test_documents_of_a_subject_whose_id_begins_alike_are_not_its_own(
    store: DocumentStore, job: Job, table: Any, clock: Clock
) -> None:
    store.write(a_run_that_holds(table, LONGER, clock), RECEIPT)
    store.write(job, INVOICE)
    assert [list(store.of(subject)) for subject in (SUBJECT, LONGER)] == [[INVOICE], [RECEIPT]]


def test_documents_are_found_by_kind_and_reference_and_by_what_became_of_them(store: DocumentStore, job: Job) -> None:
    standing = replace(INVOICE, status=Standing(1001, is_verified=True), carried={"pay-1": Decimal(5)})
    in_doubt = replace(RECEIPT, status=InDoubt(NOON))
    unposted = entry("receipt", "pay-3", carried={"pay-3": Decimal(2)})
    for one in (standing, in_doubt, unposted):
        store.write(job, one)
    found = store.of(SUBJECT)
    assert found.the_only("invoice") == found.get("invoice", "SO-1001") == standing
    assert (found.the_only("credit"), found.get("receipt", "SO-1001")) == (None, None)
    assert found.of_kind("receipt") == [in_doubt, unposted]
    assert found.in_doubt() == [in_doubt]
    assert found.posted() == [standing, in_doubt]
    assert found.receipts() == {"pay-1": Decimal(5)}
    assert [one.is_settled for one in found] == [True, False, False]


def test_documents_more_than_one_answer_of_the_table_holds_are_all_found(store: DocumentStore, job: Job) -> None:
    long = entry("receipt", rules_version="x" * 300_000)
    written = [replace(long, reference=f"pay-{number}") for number in range(5)]
    for one in written:
        store.write(job, one)
    assert list(store.of(SUBJECT)) == written
