"""`bridge rules check`: alone it reads the document; with a stack, the lists of its KashFlow account too."""

from pathlib import Path
from typing import Any

import pytest

from sitecore_kashflow.bridge.__main__ import main
from tests.stage import Stage
from tests.terminal import Said, Terminal


@pytest.fixture
def document(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        file = tmp_path / "rules.yaml"
        file.write_text(f"version: mine-1\n{text}", "utf-8")
        return str(file)

    return write


def to_do(said: Said) -> list[str]:
    return [line.removeprefix("TO DO ") for line in said.lines if line.startswith("TO DO")]


def test_a_document_that_the_account_can_carry_out_is_valid(terminal: Terminal, document: Any) -> None:
    said = terminal.run("rules", "check", document("payments: {methods: {CreditCard: Card}}"))
    assert (said.status, to_do(said)) == (0, [])
    assert said.lines[0].endswith("is valid: version mine-1.")


def test_without_a_stack_the_document_is_read_alone(document: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = document("nominal_codes: {goods: 4999}")
    assert main(["--stack", "", "rules", "check", file]) == 0
    assert capsys.readouterr().out == f"{file} is valid: version mine-1.\n"


def test_a_mistake_in_the_document_is_said_before_any_list_is_read(
    bridge: Stage, terminal: Terminal, document: Any
) -> None:
    bridge.calls("kashflow")
    said = terminal.run("rules", "check", document("orders: {terms: mine}"))
    assert said.status == 1
    assert "orders.terms: " in said.err
    assert bridge.calls("kashflow") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nominal_codes: {goods: 4999}", "KashFlow: nominal codes: KashFlow has no 4999"),
        ("nominal_codes: {by_product: {MUG: 4998}}", "KashFlow: nominal codes: KashFlow has no 4998"),
        ("nominal_codes: {gift_card: 4900}", "KashFlow: nominal codes: `nominal_codes.gift_card` is 4900"),
        ("nominal_codes: {gratuity: 9998}", "KashFlow: nominal codes: `nominal_codes.gratuity` is 9998"),
        ("vat: {oss: {scheme: [ioss], nominal: 4050, liability: 4900, limit: {}, rates: {}}}", "`vat.oss.liability`"),
        ("orders: {tax_point: first_of}\nnominal_codes: {deposit: 4900}", "`nominal_codes.deposit` is 4900"),
        ("vat: {classes: {standard: {rate: 21}, zero: {rate: 0}}, class_words: {}, export_class: zero, "
         "reverse_charge_class: zero, outside_scope_class: zero, no_supply_class: zero, gratuity_class: zero}",
         "KashFlow: VAT levels: KashFlow has no 21"),
        ("payments: {accounts: [{gateway: Stripe, bank_account: '1299'}]}", "KashFlow has no bank account 1299"),
        ("payments: {methods: {CreditCard: Chip}}", "KashFlow has no payment method Chip"),
        ("payments: {accounts: [{gateway: Stripe, bank_account: '1200'}]}", "which is KashFlow's default one"),
    ],
)  # fmt: skip
def test_what_the_account_lacks_or_has_of_the_wrong_kind_is_named(
    terminal: Terminal, document: Any, text: str, words: str
) -> None:
    said = terminal.run("rules", "check", document(text))
    assert said.status == 1
    assert any(words in line for line in to_do(said)), said.out
    assert said.err.endswith("found something to do.\n")


def test_every_fault_is_named_at_once(terminal: Terminal, document: Any) -> None:
    text = "nominal_codes: {goods: 4999}\npayments: {methods: {CreditCard: Chip, Cash: Tin}, bank_account_code: '77'}"
    said = terminal.run("rules", "check", document(text))
    assert len(to_do(said)) == 2, said.out  # without the account nothing is known of its methods
    said = terminal.run("rules", "check", document(text.replace(", bank_account_code: '77'", "")))
    assert len(to_do(said)) == 3, said.out


def test_a_row_by_type_alone_may_share_the_default_account(terminal: Terminal, document: Any) -> None:
    said = terminal.run("rules", "check", document("payments: {accounts: [{type: Cash, bank_account: '1200'}]}"))
    assert to_do(said) == []


def test_a_kashflow_that_does_not_let_us_in_is_a_finding(bridge: Stage, terminal: Terminal, document: Any) -> None:
    bridge.switch("kashflow", rest_access="off")
    said = terminal.run("rules", "check", document(""))
    assert said.status == 1
    assert said.lines[0].endswith("is valid: version mine-1.")
    assert len(to_do(said)) >= 1


def test_nothing_is_changed_in_kashflow(bridge: Stage, terminal: Terminal, document: Any) -> None:
    bridge.calls("kashflow")
    terminal.run("rules", "check", document(""))
    assert all(one.startswith("GET") or "token" in one for one in bridge.calls("kashflow"))


def test_the_findings_are_in_the_json_too(terminal: Terminal, document: Any) -> None:
    found = terminal.value("rules", "check", document(""))
    assert found["rules"] == "mine-1"
    assert {one["is_ok"] for one in found["findings"]} == {True}
