"""The command `bridge`, in sentences and as JSON: what it shows, what it does, and what it refuses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from getpass import getuser

import pytest

from sitecore_kashflow.books.kashflow.account_lists import AccountStore, VatSeen
from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.periods import vat_period_end
from sitecore_kashflow.plan.vat_amounts import VatAmounts
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.runs.envelope import Envelope
from tests.deployed import ROOT
from tests.simulation.stage import WorldStage
from tests.stage import Stage, subject
from tests.terminal import Terminal

SAMPLE = ROOT / "events" / "08_park_order.run_timed_out.json"
CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


def park(bridge: Stage, *order_ids: str) -> None:
    """Orders whose tax no rule explains."""
    for order_id in order_ids:
        bridge.shop.order(order_id, tax="3.33")
        assert bridge.walk(order_id).state == OrderState.PARKED


# --- what there is ---------------------------------------------------------------------------------------


def test_list_of_a_cause_that_nobody_has_does_not_say_that_nothing_waits(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    assert terminal.run("list", "--cause", "nonsense").lines == ["No order is listed for nonsense."]


def test_show_says_who_abandoned_an_order(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    terminal.run("abandon", "SO-1", "--why", "booked by hand", "--yes")
    assert f"So decided {getuser()}." in terminal.run("show", "SO-1").out


def test_list_when_nothing_waits_says_so(terminal: Terminal) -> None:
    assert terminal.run("list").lines == ["No order waits for a person, and none is being worked on."]
    assert terminal.value("list")["orders"] == []


@pytest.mark.also_on_moto
def test_list_counts_parked_orders_by_cause_and_says_why_each_waits(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1", "SO-2")
    said = terminal.run("list")
    assert said.lines[0].startswith("VAT_NOT_EXPLAINED: 2 orders, the oldest since ")
    assert said.lines[2].split()[:2] == ["SO-1", "parked"]
    assert said.lines[-1].startswith("SO-2: [VAT_NOT_EXPLAINED] The shop charged 3.33 GBP VAT")
    value = terminal.value("list")
    (cause,) = value["causes"]
    assert (cause["code"], cause["orders"]) == ("VAT_NOT_EXPLAINED", 2)
    assert [one["order"] for one in value["orders"]] == ["SO-1", "SO-2"]
    assert value["orders"][0]["since"].endswith("Z")


def test_list_of_one_cause_or_one_state_shows_those_alone(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    bridge.shop.order("SO-2")
    bridge.walk("SO-2")
    assert [one["order"] for one in terminal.value("list", "--cause", "VAT_NOT_EXPLAINED")["orders"]] == ["SO-1"]
    assert terminal.value("list", "--cause", "PERIOD_LOCKED")["orders"] == []
    (one,) = terminal.value("list", "--state", "invoiced")["orders"]
    assert (one["order"], one["amount"]) == ("SO-2", {"amount": "29.94", "currency": "GBP"})


def test_list_when_an_order_was_read_before_it_parked_knows_its_amount(bridge: WorldStage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    bridge.change_account(transaction_lock_date="2099-01-01")
    assert bridge.walk("SO-1").parking.code == "PERIOD_LOCKED"
    assert terminal.run("list").lines[0].startswith("PERIOD_LOCKED: 1 order worth 29.94 GBP, the oldest since ")


def test_progress_is_shown_at_a_terminal_alone_and_never_among_the_answer(
    bridge: Stage, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    park(bridge, "SO-1", "SO-2")
    said = terminal.run("list", "--json", types="")
    assert "Reading" in said.err
    assert len(said.value["orders"]) == 2
    assert terminal.run("list").err == ""


@pytest.mark.also_on_moto
def test_show_tells_of_the_invoice_the_payment_the_customer_the_events_and_the_run(
    bridge: Stage, terminal: Terminal
) -> None:
    bridge.shop.paid_order("SO-1", CARD)
    bridge.walk("SO-1")
    (invoice,) = bridge.books.invoices()
    said = terminal.run("show", "SO-1")
    assert said.lines[0].startswith("SO-1 has been paid in full since ")
    assert said.lines[1:] == [
        f"Invoice {invoice['Number']} is in KashFlow and was read back: 24.95 + 4.99 VAT = 29.94 GBP. "
        "It carries 29.94 GBP of payment card-1/taken.",
        f"The customer in KashFlow is {invoice['CustomerCode']}.",
    ]
    told = terminal.run("show", "SO-1", "--detail")
    text = told.out
    assert told.lines[1:3] == said.lines[1:]
    assert f"The invoice SO-1 was made by rules default-2, KashFlow's id {invoice['Id']}." in text
    assert "1 event came, all before the order was last read." in text
    assert "Run 1: succeeded" in text
    assert f"In Sitecore: {bridge.ordercloud_url}/v1/orders/Incoming/SO-1" in text
    assert f"In KashFlow: {bridge.kashflow_url}/v2/invoices/{invoice['Number']}" in text
    assert "Ada" not in text
    value = terminal.value("show", "SO-1")
    assert value["documents"][0]["sums"] == {"net": "24.95", "vat": "4.99", "gross": "29.94", "currency": "GBP"}
    assert (value["events"], value["served"], value["key"]) == (1, 1, "order:ordercloud:SO-1")


def test_show_of_an_order_that_waits_gives_the_reason_and_where_it_stopped(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    said = terminal.run("show", "SO-1")
    assert said.lines[0].startswith("SO-1 has been waiting for a person since ")
    assert said.lines[1].startswith("[VAT_NOT_EXPLAINED] The shop charged 3.33 GBP VAT")
    told = terminal.run("show", "SO-1", "--detail").out
    assert "It stopped at PrepareOrder." in told
    assert "Run 1 has held it since " in told
    assert terminal.value("show", "SO-1")["order"]["code"] == "VAT_NOT_EXPLAINED"


@pytest.mark.only_on_moto
def test_show_tells_every_attempt_at_a_step_and_its_error(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    (run,) = terminal.value("show", "SO-1")["runs"]
    assert [(one["step"], one["error"]) for one in run["attempts"]][:2] == [
        ("PrepareOrder", None),
        ("PrepareOrder", "PermanentError"),
    ]


def test_show_of_an_unknown_order_is_refused_in_a_sentence_and_as_json(terminal: Terminal) -> None:
    said = terminal.run("show", "SO-9", "--json")
    assert (said.status, said.err) == (1, "The ledger has no order SO-9.\n")
    assert said.value == {"error": {"code": "NOT_IN_LEDGER", "words": "The ledger has no order SO-9."}}


# --- decisions -------------------------------------------------------------------------------------------


def mend(bridge: Stage, *order_ids: str) -> None:
    for order_id in order_ids:
        bridge.shop.call("PATCH", f"/v1/orders/Incoming/{order_id}", TaxCost=Decimal("4.99"))


@pytest.mark.also_on_moto
def test_retry_lets_a_parked_order_carry_on(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    mend(bridge, "SO-1")
    assert terminal.run("retry", "SO-1").lines == ["SO-1 carries on at PrepareOrder."]
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED


def test_retry_of_one_that_is_not_parked_is_refused_and_the_others_carry_on(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    said = terminal.run("retry", "SO-9", "SO-1", "--json")
    assert (said.status, said.err) == (1, "The ledger has no order SO-9.\n")
    assert [(one["order"], one["code"]) for one in said.value["decisions"]] == [
        ("SO-9", "NOT_IN_LEDGER"),
        ("SO-1", None),
    ]


def test_retry_of_a_cause_asks_first_and_takes_all_of_it(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1", "SO-2")
    said = terminal.run("retry", "--cause", "VAT_NOT_EXPLAINED", types="n\n")
    assert (said.status, said.out) == (1, "")
    assert "Retry SO-1 and SO-2, parked with VAT_NOT_EXPLAINED? [y/N] Nothing was done." in said.err
    mend(bridge, "SO-1", "SO-2")
    said = terminal.run("retry", "--cause", "VAT_NOT_EXPLAINED", types="y\n")
    assert said.lines[-1] == "2 of 2 orders: done."
    bridge.settle()
    assert [bridge.record(one).state for one in ("SO-1", "SO-2")] == [OrderState.INVOICED] * 2
    said = terminal.run("retry", "--cause", "VAT_NOT_EXPLAINED", "--yes")
    assert (said.status, said.err.partition(".")[0]) == (1, "No order is parked with VAT_NOT_EXPLAINED")


def test_retry_of_a_cause_leaves_orders_of_other_causes_parked(bridge: WorldStage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    bridge.change_account(transaction_lock_date="2099-01-01")
    bridge.shop.order("SO-2")
    bridge.walk("SO-2")
    token = bridge.record("SO-1").parking.token
    (decision,) = terminal.value("retry", "--cause", "PERIOD_LOCKED", "--yes")["decisions"]
    assert decision["order"] == "SO-2"
    bridge.settle()
    assert bridge.record("SO-1").parking.token == token


def test_abandon_asks_first_and_keeps_the_reason(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    said = terminal.run("abandon", "SO-1", "--why", "booked by hand", types="y\n")
    assert said.lines == ["SO-1 is abandoned: booked by hand."]
    assert "Leave SO-1 alone from now on? [y/N]" in said.err
    said = terminal.run("show", "SO-1")
    assert said.lines[0].startswith("SO-1 was left alone on ")
    assert said.lines[1] == "booked by hand"
    assert bridge.record("SO-1").parking.by == getuser()


def test_reopen_lets_an_abandoned_order_go_on(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    assert terminal.run("abandon", "SO-1", "--why", "a test", "--yes").status == 0
    bridge.consume()
    bridge.settle()
    mend(bridge, "SO-1")
    assert terminal.run("reopen", "SO-1").lines == ["SO-1 starts again from the beginning."]
    bridge.consume()
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    (refused,) = terminal.run("reopen", "SO-1", "--json").value["decisions"]
    assert (refused["code"], refused["words"]) == ("NOT_ABANDONED", "SO-1 is invoiced, not abandoned.")


def test_reopen_forgets_a_mistyped_id_that_was_abandoned(bridge: Stage, terminal: Terminal) -> None:
    assert "had not heard of it" in terminal.run("abandon", "SO-l", "--why", "a test", "--yes").out
    bridge.consume()
    bridge.settle()
    assert terminal.run("reopen", "SO-l").lines == [
        "SO-l is forgotten: there is no such order, and nothing was made for it."
    ]
    assert terminal.run("show", "SO-l").err == "The ledger has no order SO-l.\n"
    assert terminal.run("reopen", "SO-l").status == 1


def test_reopen_lets_an_order_go_on_that_was_abandoned_before_it_was_ever_read(
    bridge: Stage, terminal: Terminal
) -> None:
    bridge.shop.order("SO-1")
    assert terminal.run("abandon", "SO-1", "--why", "a test", "--yes").status == 0
    assert terminal.run("reopen", "SO-1").lines == ["SO-1 starts again from the beginning."]
    bridge.consume()
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED


def test_abandon_where_nobody_can_be_asked_is_refused_without_yes(bridge: Stage, terminal: Terminal) -> None:
    park(bridge, "SO-1", "SO-2")
    said = terminal.run("abandon", "SO-1", "--why", "booked by hand")
    assert (said.status, said.err) == (
        1,
        "There is no terminal to ask at. Give --yes (with make: YES=1) if you mean it.\n",
    )
    assert bridge.record("SO-1").state == OrderState.PARKED
    said = terminal.run("abandon", "--cause", "VAT_NOT_EXPLAINED", "--why", "a test", "--yes")
    assert (said.status, said.lines[-1]) == (0, "2 of 2 orders: done.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("abandon", "SO-1"), "required: --why"),
        (("abandon", "SO-1", "--why", " "), "say why"),
        (("retry",), "give either orders or --cause"),
        (("retry", "SO-1", "--cause", "UNEXPECTED"), "give either orders or --cause"),
        (("show", "A; touch x"), "none of them a space"),
        (("show", "order:SO-1"), "a key has three parts"),
        (("redrive", "elsewhere"), "invalid choice"),
        (("mend",), "invalid choice"),
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(terminal: Terminal, words: tuple[str, ...], told: str) -> None:
    said = terminal.run(*words, "--json")
    assert said.status == 2
    assert told in said.err
    assert said.value["error"]["code"] == "USAGE"


def test_vat_amounts_names_the_invoice_that_showed_them_until_they_are_forgotten(
    bridge: Stage, terminal: Terminal
) -> None:
    assert terminal.run("vat-amounts").lines[0].startswith("Not known yet.")
    seen_at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    for amounts, words in ((VatAmounts.KEPT, "keeps the VAT"), (VatAmounts.COMPUTED, "works out the VAT")):
        AccountStore(bridge.wiring.table).note_vat(VatSeen(amounts, 1002, seen_at))
        (told,) = terminal.run("vat-amounts").lines
        assert words in told
        assert told.endswith("Invoice 1002 showed it on 20 November 2026, 12:00 UTC.")
    assert terminal.value("vat-amounts")["invoice"] == 1002
    assert terminal.value("vat-amounts", "--forget") == {"amounts": None, "invoice": None, "seen_at": None}


# --- queues ----------------------------------------------------------------------------------------------


def test_sweep_looks_now(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    assert terminal.run("sweep").lines == [
        "The sweep counted: 0 for a second look, 0 of a backfill, 1 changed, "
        "0 with returns that changed, 0 told to their shop again, "
        "0 waiting because a step keeps failing, 0 waiting for a payment or dispatch, 0 looks cut short by a system."
    ]
    bridge.consume()
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    found = {"swept", "returned", "again", "backfilled", "told", "waiting", "without_evidence", "cut_short"}
    assert set(terminal.value("sweep")["found"]) == found


def test_books_and_evidence_are_told(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    today = books_date(bridge.wiring.clock()).isoformat()
    books = terminal.value("books", "--from", today, "--to", today)
    sides = [sum(Decimal(row[side]["amount"]) for row in books["rows"]) for side in ("debit", "credit")]
    assert (books["documents"], sides[0]) == (1, sides[1])
    assert terminal.run("books", "--from", today, "--to", today).status == 0
    evidence = terminal.value("evidence", "5")
    assert (evidence["orders"], evidence["without"]) == (1, ["SO-1"])


def test_books_list_what_bears_a_later_day_than_its_tax_point_with_the_period_it_belongs_to(
    bridge: Stage, terminal: Terminal, by_rules: Callable[[str], None]
) -> None:
    by_rules("orders: {locked_period: first_open_day, vat_periods_end: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}")
    today = books_date(bridge.wiring.clock())
    opens = (today + timedelta(days=40)).replace(day=1)
    bridge.change_account(transaction_lock_date=opens.isoformat())
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    month = ("books", "--from", opens.isoformat(), "--to", opens.isoformat())
    (late,) = terminal.value(*month)["late_vat"]
    assert (late["order"], late["tax_point"], late["issued"]) == ("SO-1", today.isoformat(), opens.isoformat())
    assert late["vat"] == {"amount": "4.99", "currency": "GBP"}
    assert late["belongs_to"] == vat_period_end(today, tuple(range(1, 13))).isoformat()
    assert any(line.startswith("Late VAT: SO-1 (SO-1), tax point") for line in terminal.run(*month).lines)
    before = ("books", "--from", today.isoformat(), "--to", today.isoformat())
    assert terminal.value(*before)["late_vat"] == []


IMPORTED = "payments: {accounts: [{type: CreditCard, transaction: CreditCardCapture, imported_by_kashflow: true}]}"


def test_a_receipt_that_kashflow_imports_by_itself_is_part_of_the_orders_story(
    bridge: Stage, terminal: Terminal, by_rules: Callable[[str], None]
) -> None:
    by_rules(IMPORTED)
    bridge.shop.paid_order("SO-1", {"ID": "card-1", "Type": "CreditCard", "Accepted": True})
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    said = terminal.run("show", "SO-1")
    words = "KashFlow imports the receipt of payment card-1/taken over 29.94 GBP by itself, as the rules say."
    assert any(line.startswith(words) for line in said.lines), said.out
    assert terminal.value("show", "SO-1")["imported"] == {"card-1/taken": {"amount": "29.94", "currency": "GBP"}}


def test_a_receipt_of_the_bridges_own_is_not_said_to_be_imported(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.paid_order("SO-1", {"ID": "card-1", "Type": "CreditCard", "Accepted": True})
    assert bridge.walk("SO-1").state == OrderState.PAID
    assert terminal.value("show", "SO-1")["imported"] == {}


def test_an_order_is_shown_though_the_rules_cannot_be_read(
    bridge: Stage, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")

    def broken() -> Rules:
        raise PermanentError("RULES_INVALID", "No.")

    monkeypatch.setattr(bridge.wiring, "rules_source", broken, raising=False)
    assert terminal.run("show", "SO-1").status == 0


def test_evidence_has_the_vat_numbers_on_which_sales_rest(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.cart("SO-1", country="DE", tax="0")
    said = {"VatNumber": "DE136695976"}
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", xp=said)
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/submit")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    today = books_date(bridge.wiring.clock()).isoformat()
    (seen,) = terminal.value("evidence", "5")["vat_numbers"]
    assert seen == {
        "order": "SO-1",
        "document": "SO-1",
        "number": "DE136695976",
        "country": "DE",
        "seen_on": today,
        "answer": None,
    }
    words = (
        f"VAT number of SO-1 (SO-1): DE136695976, right in form for DE on {today}; no answer of VIES or HMRC is kept."
    )
    assert words in terminal.run("evidence", "5").lines


def test_evidence_of_a_sale_is_found_after_the_record_of_its_runs_is_gone(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.wiring.table.delete_item(Key={"pk": subject("SO-1").pk, "sk": "STATE"})
    kept = terminal.value("evidence", "--order", "SO-1")
    (order,), (invoice,) = kept["orders"], kept["documents"]
    assert order["order"]["order_id"] == "SO-1"
    assert datetime.fromisoformat(order["kept_until"]).year == bridge.wiring.clock().year + 8
    assert (invoice["is_in_the_books"], invoice["figures"]["gross"]) == (True, order["order"]["total"])
    assert kept["rules"] == [{"version": invoice["rules_version"], "texts": [], "is_default": True}]
    said = terminal.run("evidence", "--order", "SO-1")
    assert "SO-1 as understood" in said.out
    assert order["order"]["customer"]["last_name"] not in said.out


def test_evidence_of_a_shop_under_one_stop_shop_is_kept_for_ten_years(
    bridge: Stage, terminal: Terminal, by_rules: Callable[[str], None]
) -> None:
    by_rules("{version: own, vat: {oss: {scheme: [union]}}}")
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    (order,) = terminal.value("evidence", "--order", "SO-1")["orders"]
    assert datetime.fromisoformat(order["kept_until"]).year == bridge.wiring.clock().year + 11


def test_evidence_of_what_nobody_knows_is_refused(terminal: Terminal) -> None:
    said = terminal.run("evidence", "--order", "SO-9")
    assert (said.status, said.err) == (1, "The ledger keeps nothing of SO-9.\n")


def test_a_function_that_fails_is_told_without_its_words(terminal: Terminal) -> None:
    terminal.aws.failing["SweepOrdersFunction"] = "RetryableError"
    said = terminal.run("sweep")
    assert (said.status, said.err) == (1, "SweepOrdersFunction failed with RetryableError. Its log says more.\n")


def test_backfill_is_begun_followed_and_done(bridge: Stage, terminal: Terminal) -> None:
    assert terminal.run("backfill", "status").lines == ["Nothing was ever asked for of the past of ordercloud."]
    bridge.shop.order("SO-1")
    tomorrow = bridge.wiring.clock() + timedelta(days=1)
    days = ("--from", "2020-01-01", "--to", f"{tomorrow:%Y-%m-%d}")
    assert terminal.run("backfill", "start", *days).lines == [
        f"Each sweep will bring in some of the orders submitted from 1 January 2020 to before {tomorrow:%-d %B %Y}."
    ]
    said = terminal.run("backfill", "start", *days)
    assert (said.status, said.err.partition(".")[0]) == (1, "A backfill from 2020-01-01 is under way")
    assert terminal.value("backfill", "start", *days, "--anew")["is_under_way"]
    terminal.run("sweep")
    assert terminal.value("backfill", "status")["last_id"] == "SO-1"
    assert terminal.run("backfill", "status", "--watch").lines == [
        f"The sweeps have brought in the orders submitted from 1 January 2020 to before {tomorrow:%-d %B %Y}: 1."
    ]
    said = terminal.run("backfill", "start", "--from", "2020-01-02", "--to", "2020-01-01")
    assert (said.status, said.err) == (1, "A backfill from 2020-01-02 to before 2020-01-01 has no day in it.\n")


def test_backfill_of_days_to_come_or_of_an_unknown_shop_is_refused(bridge: Stage, terminal: Terminal) -> None:
    """It would stand in the way of a real one."""
    later = bridge.wiring.clock() + timedelta(days=2)
    said = terminal.run("backfill", "start", "--from", "2020-01-01", "--to", f"{later:%Y-%m-%d}")
    assert (said.status, said.err.partition(":")[0]) == (1, "A backfill brings in the past")
    said = terminal.run("backfill", "start", "--from", "2020-01-01", "--to", "2020-01-02", "--shop", "nowhere")
    assert said.status == 2
    assert "choose from" in said.err
    assert terminal.value("backfill", "status")["since"] is None


def test_redrive_of_an_empty_queue_says_so(terminal: Terminal) -> None:
    assert terminal.run("redrive", "order").lines == [
        "The queue order has no dead letters: there was nothing to put back."
    ]


def test_redrive_of_hints_puts_back_what_can_be_read(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    hint = Envelope(subject("SO-1"), "submit", "hint-1", bridge.wiring.clock(), "correlation")
    terminal.aws.put_letter("OrderDeadLetterQueue", hint.to_json())
    terminal.aws.put_letter("OrderDeadLetterQueue", "no envelope")
    assert terminal.run("redrive").lines[0] == "order: 2 dead letters; `bridge redrive order` puts them back."
    said = terminal.run("redrive", "order")
    assert (said.status, said.lines[0]) == (1, "1 dead letter of the queue order put back.")
    assert said.err.startswith("1 could not be put back, and are still there.")
    bridge.consume()
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert terminal.value("redrive")["waiting"]["order"] == 1


def test_redrive_of_a_dead_runs_notice_parks_its_order(bridge: WorldStage, terminal: Terminal) -> None:
    park(bridge, "SO-1")
    (run,) = bridge.executions()
    event = json.loads(SAMPLE.read_text("utf-8"))
    event["detail"] |= {"executionArn": run["executionArn"], "input": bridge.given_to(run)}
    terminal.aws.put_letter("ParkingDeadLetterQueue", json.dumps({"requestPayload": event, "responsePayload": {}}))
    assert terminal.run("redrive", "parking").lines == ["1 dead letter of the queue parking put back."]
    assert terminal.value("redrive")["waiting"]["parking"] == 0


def test_redrive_of_failed_sweeps_sweeps_once_for_all(bridge: WorldStage, terminal: Terminal) -> None:
    for _ in range(3):
        terminal.aws.put_letter("SweepDeadLetterQueue", "{}")
    bridge.calls("ordercloud")
    assert terminal.run("redrive", "sweep").lines == ["3 dead letters of the queue sweep put back."]
    assert bridge.calls("ordercloud")["GET /v1/orders/{direction}"] == 1
    terminal.aws.put_letter("SweepDeadLetterQueue", "{}")
    terminal.aws.failing["SweepOrdersFunction"] = "RetryableError"
    assert terminal.run("redrive", "sweep").status == 1
    assert terminal.value("redrive")["waiting"]["sweep"] == 1


def test_redrive_of_an_alarm_that_nobody_was_told_of_tells_people(bridge: WorldStage, terminal: Terminal) -> None:
    event = json.loads((SAMPLE.parent / "11_notify_people.alarm.json").read_text("utf-8"))
    terminal.aws.put_letter("NotifyDeadLetterQueue", json.dumps({"requestPayload": event, "responsePayload": {}}))
    assert terminal.run("redrive", "notify").lines == ["1 dead letter of the queue notify put back."]
    assert [topic for topic, _, _ in bridge.world.published] == ["TechnicalTopic"]
