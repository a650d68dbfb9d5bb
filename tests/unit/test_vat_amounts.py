"""The VAT of an invoice comes out right whether an account keeps what it is sent or works it out anew."""

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kashflow.arithmetic import line_vat
from sitecore_kashflow.canonical.invoice import InvoiceDraft, InvoiceLine
from sitecore_kashflow.plan.vat_amounts import VatAmounts, fit_to_account, tell
from tests.builders import draft, line, worksheet

ROUNDING = 4321
DRAFT = draft()
LEVELS = [Decimal(level) for level in ("20", "5", "19", "25.5", "0")]


def item(net: int, vat: int, level: Decimal) -> InvoiceLine:
    amount = Decimal(net) / 100
    return InvoiceLine(
        description="Thing", quantity=1, rate=amount, net=amount, vat=Decimal(vat) / 100, vat_level=level,
        nominal_code=4000, why="standard",
    )  # fmt: skip


def invoice(*lines: InvoiceLine) -> InvoiceDraft:
    gross = sum((one.net + one.vat for one in lines), Decimal(0))
    return InvoiceDraft.model_validate(dict(DRAFT) | {"lines": lines, "gross": gross})


@st.composite
def lines_that_are_pennies_off(draw: st.DrawFn) -> InvoiceLine:
    """A line, or a discount, whose VAT is up to two pennies from what its level says."""
    level, net = draw(st.sampled_from(LEVELS)), draw(st.integers(-5000, 50_000))
    vat = round(net * level / 100) + (draw(st.integers(-2, 2)) if level else 0)
    return item(net, vat, level)


def computed(lines: Iterable[InvoiceLine], mode: str) -> list[Decimal]:
    """What the sandbox works out for each line."""
    return [line_vat(Decimal(one.quantity), one.rate, one.vat_level, mode) for one in lines]


@given(lines=st.lists(lines_that_are_pennies_off(), min_size=1, max_size=8), known=st.sampled_from(VatAmounts))
def test_every_form_comes_to_the_shops_figures_wherever_it_may_be_sent(
    lines: list[InvoiceLine], known: VatAmounts
) -> None:
    meant = invoice(*lines)
    made = fit_to_account(meant, known, ROUNDING)
    assert (made.net, made.vat, made.gross) == (meant.net, meant.vat, meant.gross)
    assert [(one.net, one.description) for one in made.lines[: len(lines)]] == [
        (one.net, one.description) for one in lines
    ]
    if known is VatAmounts.KEPT:
        assert made == meant
        return
    for mode in ("per_line", "per_unit"):
        assert sum(computed(made.lines, mode)) == meant.vat
    for level in LEVELS:
        at_level = [one for one in made.lines if one.vat_level == level]
        assert sum(one.vat for one in at_level) == sum(one.vat for one in lines if one.vat_level == level)
    added = made.lines[len(lines) :]
    assert {one.nominal_code for one in added} <= {ROUNDING}
    assert sum(one.net for one in added) == 0
    assert all(one.vat or not one.vat_level for one in added)


@pytest.mark.parametrize("known", VatAmounts)
def test_an_invoice_that_every_account_works_out_alike_stays_as_it_is(known: VatAmounts) -> None:
    assert fit_to_account(DRAFT, known, ROUNDING) == DRAFT


def thrice_1_52() -> InvoiceDraft:
    """Three lines at 1.52, whose VAT the shop rounds once, on the total: 0.91, not 0.90."""
    lines = [line(f"P{number}", price="1.52") for number in range(3)]
    return draft(worksheet(*lines, tax="0.91", shipping="0"))


def described(made: InvoiceDraft) -> list[tuple[str, str, str]]:
    return [(one.description, str(one.net), str(one.vat)) for one in made.lines[3:]]


def test_a_penny_that_an_account_would_lose_stands_on_a_line_of_its_own_and_its_net_is_taken_back() -> None:
    made = fit_to_account(thrice_1_52(), VatAmounts.COMPUTED, ROUNDING)
    assert [str(one.vat) for one in made.lines[:3]] == ["0.30"] * 3
    assert described(made) == [("VAT rounding at 20 %", "0.05", "0.01"), ("VAT rounding, net", "-0.05", "0")]


def test_while_nothing_is_known_the_lines_for_rounding_are_a_trial_that_comes_to_the_same() -> None:
    made = fit_to_account(thrice_1_52(), VatAmounts.UNKNOWN, ROUNDING)
    assert described(made) == [
        ("VAT rounding on trial at 20 %", "0.15", "0.02"),
        ("VAT rounding on trial at 20 %", "-0.10", "-0.01"),
        ("VAT rounding, net", "-0.05", "0"),
    ]


def test_a_trial_tells_whether_its_vat_was_kept() -> None:
    sent = fit_to_account(thrice_1_52(), VatAmounts.UNKNOWN, ROUNDING).lines
    worked_out = [
        one.model_copy(update={"vat": vat}) for one, vat in zip(sent, computed(sent, "per_line"), strict=True)
    ]
    assert tell(sent) is VatAmounts.KEPT
    assert tell(worked_out) is VatAmounts.COMPUTED
    assert tell(sent[:3]) is VatAmounts.UNKNOWN


@given(lines=st.lists(lines_that_are_pennies_off(), min_size=1, max_size=8))
def test_every_trial_tells_the_truth_and_no_other_invoice_tells_anything(lines: list[InvoiceLine]) -> None:
    sent = fit_to_account(invoice(*lines), VatAmounts.UNKNOWN, ROUNDING).lines
    on_trial = any("on trial" in one.description for one in sent)
    worked_out = [
        one.model_copy(update={"vat": vat}) for one, vat in zip(sent, computed(sent, "per_line"), strict=True)
    ]
    assert tell(sent) is (VatAmounts.KEPT if on_trial else VatAmounts.UNKNOWN)
    assert tell(worked_out) is (VatAmounts.COMPUTED if on_trial else VatAmounts.UNKNOWN)
    for known in (VatAmounts.KEPT, VatAmounts.COMPUTED):
        assert tell(fit_to_account(invoice(*lines), known, ROUNDING).lines) is VatAmounts.UNKNOWN
