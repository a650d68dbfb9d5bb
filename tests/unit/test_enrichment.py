"""What the shop's own function is asked, what it may answer, and what becomes of it in the order."""

import io
import json
import runpy
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from sitecore_kashflow.calls.shop_function import ShopFunction
from sitecore_kashflow.canonical.enrichment import LARGEST_ANSWER, request_of, require_fitting, with_answer
from sitecore_kashflow.canonical.invoice import VatNumber
from sitecore_kashflow.canonical.order import Enrichment, Order
from sitecore_kashflow.errors import HeldBackError, PermanentError
from sitecore_kashflow.plan.invoice import invoice_draft
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.runs.records import SubjectRecord
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.tables.parts import Parts
from sitecore_kashflow.usecases.enrich_order import Enricher
from tests.builders import line, user, worksheet
from tests.builders import order as an_order
from tests.deployed import ROOT

ARN = "arn:aws:lambda:eu-west-2:123456789012:function:shop-extras:live"
PEOPLE = "Jane Smith, 1 High Street"
SUBJECT = Subject("order", "ordercloud", "SO-1001")


def answered(said: Any, order: Order | None = None) -> Order:
    given = Enrichment("extras", "digest", said if isinstance(said, str) else json.dumps(said))
    require_fitting(order or an_order(), given)
    return with_answer(order or an_order(), given)


def refused(said: Any, order: Order | None = None) -> str:
    with pytest.raises(PermanentError) as refusal:
        answered(said, order)
    assert refusal.value.code == "ENRICHMENT_ANSWER_WRONG"
    return refusal.value.words


def a_line(**said: Any) -> dict[str, Any]:
    return {"version": 1, "lines": [{"line_id": an_order().lines[0].line_id} | said]}


# What is asked


def test_request_is_version_1_and_as_the_sample_in_the_documents() -> None:
    sample = json.loads((ROOT / "docs/enrichment/order.json").read_text("utf-8"))
    assert json.loads(request_of(an_order())) == sample


def test_request_is_the_same_whatever_is_paid_sent_or_said_of_the_order() -> None:
    order = an_order()
    later = answered({"version": 1, "text": "Thank you"}).model_copy(update={"status": "Completed", "payments": ()})
    assert request_of(later) == request_of(order)
    assert request_of(order.model_copy(update={"order_id": "SO-2"})) != request_of(order)


# What may be answered


def test_answer_sets_text_class_account_and_description_and_nothing_else() -> None:
    said = a_line(tax_class="RED", nominal_code=4100, description="Mug, \t hand-made") | {"text": "Thank you."}
    said |= {"customers_number": "PO 77"}
    before, after = an_order(), answered(said)
    line = after.lines[0]
    assert (line.tax_class, line.nominal_code, line.description) == ("RED", 4100, "Mug, hand-made")
    changed = {name for name in Order.model_fields if getattr(before, name) != getattr(after, name)}
    assert changed == {"lines", "customers_number", "text", "enrichment"}
    assert after.lines[1:] == before.lines[1:]


def test_answer_that_says_nothing_changes_nothing() -> None:
    after = answered({"version": 1})
    assert after.model_copy(update={"enrichment": None}) == an_order()


def test_number_that_the_shop_has_stays_where_the_answer_has_none() -> None:
    known = an_order().model_copy(update={"customers_number": "PO 1"})
    assert answered({"version": 1}, known).customers_number == "PO 1"
    assert answered({"version": 1, "customers_number": "PO 2"}, known).customers_number == "PO 2"


def test_account_and_text_of_an_answer_reach_the_invoice() -> None:
    draft = invoice_draft(answered(a_line(nominal_code=4100) | {"text": "Thank you."}), default_rules())
    assert (draft.lines[0].nominal_code, draft.text) == (4100, "Thank you.")


def test_answer_of_vies_is_kept_as_evidence_and_a_number_that_it_refuses_parks_the_order() -> None:
    sold = worksheet(line("ADVICE", xp={"Supply": "service"}), tax="0", shipping="0")
    sold["Order"]["BillingAddress"] |= {"Country": "DE", "Zip": "50667"}
    sold["Order"]["FromUser"] = user(xp={"VatNumber": "DE136695976"})
    known = an_order(sold)
    yes = {"version": 1, "vat_number": {"is_registered": True, "answer": "WAPIAAAA1234"}}
    evidence = invoice_draft(answered(yes, known), default_rules()).vat_number
    assert evidence == VatNumber(number="DE136695976", country="DE", answer="WAPIAAAA1234")
    no = {"version": 1, "vat_number": {"is_registered": False, "answer": "invalid"}}
    with pytest.raises(PermanentError) as refusal:
        invoice_draft(answered(no, known), default_rules())
    assert refusal.value.code == "VAT_NUMBER_INVALID"
    assert answered({"version": 1}, known).vat_number_check == known.vat_number_check


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            {"version": 1, "vat_number": {"is_registered": "yes", "answer": "x"}},
            "is_registered: neither true nor false",
        ),
        ({"version": 1, "vat_number": {"answer": "x"}}, "vat_number.is_registered: is missing"),
        ({"version": 1, "total": "0.01"}, "total: may not be set"),
        (a_line(net="1"), "lines.0.net: may not be set"),
        (a_line(quantity=2), "lines.0.quantity: may not be set"),
        ({"version": 1, "order_id": "SO-2"}, "order_id: may not be set"),
        ({"version": 1, "Jane Smith": 1}, "?: may not be set"),
        (a_line(nominal_code="4100"), "lines.0.nominal_code: no whole number"),
        (a_line(nominal_code=True), "lines.0.nominal_code: no whole number"),
        (a_line(nominal_code=0), "lines.0.nominal_code: too small"),
        (a_line(tax_class=20), "lines.0.tax_class: no text"),
        (a_line(description=""), "lines.0.description: empty"),
        (a_line(description="\u200b"), "lines.0.description: shows nothing"),
        ({"version": 1, "text": "x" * 1001}, "text: too long"),
        ({"version": 1, "customers_number": 77}, "customers_number: no text"),
        ({"version": 2}, "version: another version"),
        ({}, "version: is missing"),
        ([], "the whole: no JSON object"),
        ("null", "the whole: no JSON object"),
        ("<html>", "the whole: no JSON"),
        ({"version": 1, "lines": {}}, "lines: no list"),
        ({"version": 1, "lines": [{}]}, "lines.0.line_id: is missing"),
        ({"version": 1, "lines": [{"line_id": "Jane"}]}, "lines.0.line_id: no line of the order"),
        ({"version": 1, "lines": a_line()["lines"] * 2}, "lines.1.line_id: named twice"),
    ],
)
def test_answer_that_cannot_be_taken_is_refused_with_the_names_of_the_fields(said: Any, named: str) -> None:
    words = refused(said)
    assert named in words
    assert "Jane" not in words


def test_gift_card_keeps_its_class_and_account() -> None:
    order = an_order()
    card = order.model_copy(
        update={"lines": (order.lines[0].model_copy(update={"supply": "voucher"}), *order.lines[1:])}
    )
    assert "lines.0: a gift card" in refused(a_line(nominal_code=4100), card)
    assert answered(a_line(description="Gift card"), card).lines[0].description == "Gift card"


# The call


class Lambda:
    """Answers each call with the next of these; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[bytes]()

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        assert FunctionName == ARN
        self.asked.append(Payload)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"Payload": io.BytesIO(answer if isinstance(answer, bytes) else json.dumps(answer).encode())} | (
            {"FunctionError": "Unhandled"} if isinstance(answer, dict) and "errorType" in answer else {}
        )


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": PEOPLE}}, "Invoke")


@pytest.mark.parametrize(
    ("answer", "family", "code"),
    [
        ({"errorType": "ValueError", "errorMessage": PEOPLE}, PermanentError, "ENRICHMENT_FAILED"),
        ({"errorType": "Sandbox.Timedout", "errorMessage": PEOPLE}, PermanentError, "ENRICHMENT_TIMED_OUT"),
        (ReadTimeoutError(endpoint_url=PEOPLE), PermanentError, "ENRICHMENT_TIMED_OUT"),
        (refusal("TooManyRequestsException"), HeldBackError, "ENRICHMENT_THROTTLED"),
    ],
)
def test_failure_is_told_by_the_functions_name_and_its_kind_alone(answer: Any, family: type, code: str) -> None:
    with pytest.raises(family) as raised:
        ShopFunction(Lambda(answer), ARN).ask(b"{}", 1000)
    error: Any = raised.value
    assert error.code == code
    assert "shop-extras:live" in error.words
    assert PEOPLE not in repr(error)
    assert error.__cause__ is None


def test_refusal_of_the_right_to_call_is_left_to_those_who_know_aws() -> None:
    with pytest.raises(ClientError):
        ShopFunction(Lambda(refusal("AccessDeniedException")), ARN).ask(b"{}", 10)


@pytest.mark.parametrize(
    ("body", "named"), [(b" " * (LARGEST_ANSWER + 1), "more than 262144 bytes"), (b"\xff", "no text in UTF-8")]
)
def test_answer_that_is_too_large_or_no_text_is_refused(body: bytes, named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        Ledger().enricher(Lambda(body)).enriched(an_order(), SubjectRecord(SUBJECT), is_posted=False)


# When it is asked


class Ledger:
    """Keeps the last order planned."""

    def __init__(self) -> None:
        self.kept: Order | None = None

    def snapshot(self, record: SubjectRecord) -> bytes:
        if self.kept is None or record.snapshot is None:
            raise PermanentError("SNAPSHOT_GONE", "")
        return self.kept.model_dump_json().encode()

    def enricher(self, client: Lambda) -> Enricher:
        return Enricher(ShopFunction(client, ARN), self)  # type: ignore[arg-type]


def record(state: str = "opened", *, is_resumed: bool = False) -> SubjectRecord:
    return SubjectRecord(SUBJECT, state=state, snapshot=Parts("pk", "SNAPSHOT#1", 1), is_resumed=is_resumed)


FIRST, SECOND = {"version": 1, "text": "first"}, {"version": 1, "text": "second"}


@pytest.mark.parametrize(
    ("is_resumed", "is_posted", "is_changed", "text"),
    [
        (False, False, False, "first"),
        (False, True, False, "first"),
        (True, True, False, "first"),
        (True, False, False, "second"),
        (False, False, True, "second"),
        (False, True, True, "first"),
    ],
)
def test_answer_counts_until_the_order_changes_or_a_person_resumes_it_unposted(
    is_resumed: bool, is_posted: bool, is_changed: bool, text: str
) -> None:
    ledger = Ledger()
    enricher = ledger.enricher(Lambda(FIRST, SECOND))
    ledger.kept = enricher.enriched(an_order(), SubjectRecord(SUBJECT), is_posted=False)
    order = an_order()
    order = order.model_copy(update={"shipping": order.shipping + 1}) if is_changed else order
    assert enricher.enriched(order, record(is_resumed=is_resumed), is_posted=is_posted).text == text


def test_order_that_was_posted_without_being_asked_about_stays_as_it_is() -> None:
    ledger = Ledger()
    ledger.kept = an_order()
    assert ledger.enricher(Lambda()).enriched(an_order(), record("paid"), is_posted=True) == an_order()


def test_posted_order_keeps_its_answer_for_the_lines_that_it_still_has() -> None:
    ledger = Ledger()
    ledger.kept = ledger.enricher(Lambda(a_line(description="Named"))).enriched(
        an_order(), SubjectRecord(SUBJECT), is_posted=False
    )
    without = an_order().model_copy(update={"lines": ()})
    assert ledger.enricher(Lambda()).enriched(without, record("paid"), is_posted=True).lines == ()


# The example in the documents


def test_example_in_the_documents_answers_the_sample_with_what_can_be_taken() -> None:
    folder = ROOT / "docs/enrichment"
    example = runpy.run_path(str(folder / "app.py"))
    answer = example["lambda_handler"](json.loads((folder / "order.json").read_text("utf-8")), None)
    assert answer == json.loads((folder / "answer.json").read_text("utf-8"))
    assert answered(answer).lines[0].description == "Enamel mug, made in Stoke-on-Trent"
