"""One reader reads the files of all gateways by their mappings; what cannot be read or does not add up is refused."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.payout import Payout, packed_payout, payout_of
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.payouts.mappings import READY, mapping_named, parse_mapping, ready_mapping
from sitecore_kashflow.payouts.reading import read_payouts
from sitecore_kashflow.rules.gateways import GatewayMapping
from tests.payout_files import HERE, mapping_of, payouts, raw, read

SAMPLES = sorted(path.stem for path in HERE.glob("*.[ct]sv"))
PAYOUTS: dict[str, list[tuple[str, str, str | None, str]]] = {
    "adyen": [("adyen", "ShopUK-77", "848.26", "2026-11-23")],
    "klarna": [("klarna", "KP-9", "115.80", "2026-11-24")],
    "opayo": [("opayo", "2026-11-24-Amex", None, "2026-11-24"), ("opayo", "2026-11-24-Elavon", None, "2026-11-24")],
    "paypal_activity": [("paypal", "AC5", "969.35", "2026-11-07")],
    "paypal_settlement": [("paypal", "PP6", "852.12", "2026-11-25")],
    "stripe": [("stripe", "po_1", "194.18", "2026-11-25"), ("stripe", "po_2", "685.91", "2026-11-27")],
    "worldpay": [("worldpay", "7001", "2900.00", "2026-11-24")],
}
ITEMS = {
    "adyen": [
        ("charge", "29.94 GBP", "29.94", "0.54", "8815", "SO-4001"),
        ("charge", "1000.00 EUR", "859.03", "28.12", "8825", "SO-4002"),
        ("refund", "-10.00 GBP", "-10.00", "0.05", "8817", "SO-4001"),
        ("fee", "-3.00 GBP", "-3.00", "0", "8900", ""),
        ("reserve", "1.00 GBP", "1.00", "0", "8901", ""),
    ],
    "klarna": [
        ("charge", "29.94 GBP", "29.94", "0", "o-1 K1", "SO-5001"),
        ("charge", "120.00 GBP", "120.00", "0", "o-2 K2", "SO-5002"),
        ("fee", "-4.20 GBP", "-4.20", "0", "", "SO-5002"),
        ("refund", "-29.94 GBP", "-29.94", "0", "o-1", "SO-5001"),
    ],
    "opayo": [
        ("charge", "12.00 GBP", "12.00", "0", "{AB-3}", "SO-6003"),
        ("charge", "29.94 GBP", "29.94", "0", "{AB-1}", "SO-6001"),
        ("refund", "-5.00 GBP", "-5.00", "0", "{AB-2}", "SO-6002"),
    ],
    "paypal_activity": [
        ("charge", "1029.94 GBP", "1029.94", "30.65", "AC1", "SO-3001"),
        ("refund", "-29.94 GBP", "-29.94", "0.00", "AC4", "SO-3001"),
    ],
    "paypal_settlement": [
        ("charge", "29.94 GBP", "29.94", "1.17", "PP1", "SO-2001"),
        ("refund", "-10.00 GBP", "-10.00", "-0.29", "PP5", "SO-2001"),
        ("charge", "1000.00 EUR", "857.94", "24.88", "PP2", "SO-2002"),
    ],
    "stripe": [
        ("charge", "29.94 GBP", "29.94", "0.65", "ch_1 pi_1", "SO-1001"),
        ("charge", "120.00 GBP", "120.00", "2.00", "ch_2 pi_2", "SO-1002"),
        ("charge", "59.99 GBP", "59.99", "1.10", "ch_3 pi_3", "SO-1003"),
        ("refund", "-12.00 GBP", "-12.00", "0.00", "re_1", "SO-1002"),
        ("charge", "1000.00 EUR", "859.03", "28.12", "ch_4 pi_4", "SO-1004"),
        ("dispute", "-30.00 GBP", "-30.00", "15.00", "dp_1", "SO-1001"),
        ("reserve", "-100.00 GBP", "-100.00", "0.00", "rsv_1", ""),
    ],
    "worldpay": [
        ("charge", "2994.00 GBP", "2994.00", "0", "W-1", "W-1"),
        ("refund", "-94.00 GBP", "-94.00", "0", "W-1", "W-1"),
    ],
}


def told(payout: Payout) -> list[tuple[str, ...]]:
    """Kind, what the customer paid, what was settled, the fee, the ids, and the shop's order."""
    return [
        (one.kind, f"{one.amount} {one.currency}", str(one.settled), str(one.fee), " ".join(one.keys), one.order_id)
        for one in payout.items
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_file_of_each_gateway_is_read_by_its_mapping(name: str) -> None:
    found = payouts(name)
    heads = [(one.gateway, one.id, one.amount, one.arrives_on) for one in found]
    assert heads == [
        (gateway, po, None if amount is None else Decimal(amount), date.fromisoformat(day))
        for gateway, po, amount, day in PAYOUTS[name]
    ]
    assert [item for one in found for item in told(one)] == ITEMS[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_payout_is_kept_and_read_back_as_it_was(name: str) -> None:
    for payout in payouts(name):
        kept = payout_of(packed_payout(payout))
        assert sorted(told(kept)) == sorted(told(payout))
        assert (kept.amount, kept.arrives_on, kept.currency) == (payout.amount, payout.arrives_on, payout.currency)
        assert packed_payout(kept) == packed_payout(payout)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "utf-16", "lines of Windows"],
)
@pytest.mark.parametrize("name", SAMPLES)
def test_file_in_another_encoding_says_the_same(name: str, encode: Callable[[str], bytes]) -> None:
    assert read(encode(raw(name).decode()), mapping_of(name)) == payouts(name)


def test_columns_are_found_by_name_in_any_order_and_others_are_passed_over() -> None:
    lines = [line.split(",") for line in raw("stripe").decode().replace('"Mugs, two"', "Mugs").splitlines()]
    turned = "\n".join(",".join([*reversed(line), "more"]) for line in lines)
    assert read(turned.encode(), mapping_of("stripe")) == payouts("stripe")


def test_closed_payout_does_not_depend_on_the_order_of_the_rows() -> None:
    head, *rows = raw("paypal_activity").decode().splitlines()
    (payout,) = read("\n".join([head, *reversed(rows)]).encode(), mapping_of("paypal_activity"))
    assert payout == payouts("paypal_activity")[0]


def test_rows_of_no_payout_yet_are_left_for_a_later_file() -> None:
    assert "ch_5" not in {key for one in payouts("stripe") for item in one.items for key in item.keys}


class OnlyReads:
    """Such as the body of an object in a bucket."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    def read(self, size: int, /) -> bytes:
        return self._body.read(min(size, 7))


def test_file_is_read_from_whatever_gives_it_piece_by_piece() -> None:
    assert read_payouts(OnlyReads(raw("stripe")), mapping_of("stripe")) == payouts("stripe")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("29.94,0.65,29.29>>29.94,0.65,29.30", r"Line 2: 29\.94 less the fee of 0\.65 is not 29\.30 GBP"),
        ("29.94,0.65>>29.9x,0.65", r"Line 2: '29\.9x' is no amount; are `decimal_sign`"),
        ("29.94,0.65,29.29>>29.945,0.65,29.295", "finer than GBP is paid in"),
        ("charge,ch_1>>gift,ch_1", "Line 2: nothing says what a row of the type 'gift' means; add it to `types`"),
        ("2026-11-20 09:15:00>>2026-20-11 09:15:00", "is no date in the order ymd; is `date_order` right"),
        ("2026-11-20 09:15:00>>2026-11-20 29:15:00", "is no time of day"),
        ("2026-11-20 09:15:00>>0000-11-20 09:15:00", "is no date of a payment"),
        ("2026-11-20 09:15:00>>1-01-01 00:00:00+14:00", "is no date of a payment"),
        ("2026-11-20 09:15:00>>soon", "'soon' is no date"),
        ("2026-11-20 09:15:00>>", "no moment in created_utc, created"),
        ("txn_11,2026-11-20 09:15:00,gbp>>txn_11,2026-11-20 09:15:00,", "no currency; name its column"),
        ("reporting_category>>category", r"no column for type \(reporting_category\)"),
        ('"Mugs, two">>"Mugs, two', "Line|line"),
    ],
)
def test_fault_of_a_file_is_named_with_its_line_and_what_to_do(changed: str, words: str) -> None:
    old, new = changed.split(">>")
    assert old.encode() in raw("stripe")
    with pytest.raises(PermanentError, match=words) as refused:
        read(raw("stripe").replace(old.encode(), new.encode()), mapping_of("stripe"))
    assert refused.value.code == "PAYOUT_FILE_UNREADABLE"


def test_several_faults_are_named_together_and_not_without_end() -> None:
    broken = raw("stripe").decode().replace(",gbp,", ",,").replace(",GBP,", ",,").encode()
    with pytest.raises(PermanentError, match=r"Line 2: .*Line 3: ") as refused:
        read(broken + b"\n".join(raw("stripe").splitlines()[1:2]).replace(b",gbp,", b",,") * 30, mapping_of("stripe"))
    assert len(refused.value.words) < 2500


def test_file_in_the_wrong_encoding_or_with_other_delimiters_says_so() -> None:
    with pytest.raises(PermanentError, match=r"it is not utf-8; correct `encoding`"):
        read("reporting_category,é\n".encode("cp1252"), mapping_of("stripe"))
    with pytest.raises(PermanentError, match=r"is `delimiter` or `header` right|no column for"):
        read(raw("stripe").replace(b",", b";"), mapping_of("stripe"))
    with pytest.raises(PermanentError, match="no row names the columns"):
        read(raw("klarna").replace(b"type;", b"typ;"), mapping_of("klarna"))
    with pytest.raises(PermanentError, match="no row names the columns"):
        read(b"", mapping_of("stripe"))


DIFFERING = {
    "stripe": (
        b"-194.18,0.00,-194.18",
        b"-194.17,0.00,-194.17",
        "po_1: it is of 194.17 GBP, its 4 items come to 194.18",
    ),
    "adyen": (b"848.26", b"848.27", "ShopUK-77: it is of 848.27 GBP, its 5 items come to 848.26"),
    "paypal_settlement": (b'"85212"', b'"85213"', "PP6: it is of 852.13 GBP, its 3 items come to 852.12"),
    "paypal_activity": (b'"-969.35","0.00","-969.35"', b'"-969.36","0.00","-969.36"', "AC5: it is of 969.36 GBP"),
    "klarna": (b"115,80", b"115,81", "KP-9: it is of 115.81 GBP, its 4 items come to 115.80"),
}


@pytest.mark.parametrize("name", DIFFERING)
def test_file_that_does_not_add_up_to_its_payout_is_refused_whole_with_both_sums(name: str) -> None:
    old, new, words = DIFFERING[name]
    with pytest.raises(PermanentError, match=words) as refused:
        read(raw(name).replace(old, new), mapping_of(name))
    assert refused.value.code == "PAYOUT_FILE_DIFFERS"


def test_balance_that_was_not_converted_to_the_penny_is_refused() -> None:
    with pytest.raises(PermanentError, match=r"its rows in EUR come to 971\.00, and 970\.99 of it was converted"):
        read(raw("paypal_settlement").replace(b'"97100"', b'"97099"'), mapping_of("paypal_settlement"))
    alone = b"\n".join(line for line in raw("paypal_settlement").splitlines() if b"T0200" not in line)
    with pytest.raises(PermanentError, match="it is in GBP, and EUR was not converted"):
        read(alone, mapping_of("paypal_settlement"))
    half = b"\n".join(line for line in raw("paypal_settlement").splitlines() if b"PP4" not in line)
    with pytest.raises(PermanentError, match=r"the conversion PP3 of -971\.00 EUR has no row in GBP"):
        read(half, mapping_of("paypal_settlement"))


def test_file_without_a_whole_payout_says_what_to_download() -> None:
    with pytest.raises(PermanentError, match=r"PAYOUT_FILE_EMPTY.*up to the day of an arrival"):
        read(b"\n".join(raw("paypal_activity").splitlines()[:3]), mapping_of("paypal_activity"))


def test_hour_is_told_in_the_zone_of_the_file_and_the_day_of_arrival_in_the_uk() -> None:
    summer = raw("stripe").replace(b"2026-11-20 09:15:00", b"2026-07-20T23:30:00+02:00")
    first = read(summer, mapping_of("stripe"))[0].items[0]
    assert first.at == datetime(2026, 7, 20, 21, 30, tzinfo=UTC)
    late = raw("paypal_activity").replace(b'"06/11/2026","18:00:00","PST"', b'"06/08/2026","15:30:00","PDT"')
    late = late.replace(b"/11/2026", b"/07/2026")
    assert read(late, mapping_of("paypal_activity"))[0].arrives_on == date(2026, 8, 6)


def test_order_of_day_and_month_is_a_setting() -> None:
    american = mapping_of("paypal_activity").model_copy(update={"date_order": "mdy"})
    assert read(raw("paypal_activity"), american)[0].items[0].at.date() == date(2026, 5, 11)


STRIPE = ready_mapping("stripe")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gateway": "My Stripe"}, "gateway: "),
        ({"types": {"charge": "sale"}}, "types.charge: "),
        ({"delimiter": ";;"}, "delimiter: "),
        ({"date_order": "dym"}, "date_order: "),
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"encoding": "utf-7-bis"}, "there is no encoding 'utf-7-bis'"),
        ({"moments": [{"columns": ["created"]}]}, "say the zone"),
        ({"amounts": {"fees": [{"column": ["fee"]}]}}, "say where `gross` or `net` is"),
        ({"amounts": {"gross": {"credit": ["a"]}}}, "an amount is in one `column`, or in two"),
        ({"amounts": {"gross": {"credit": ["a"], "debit": ["b"], "side": ["c"]}}}, "`side` says whether"),
        ({"payout": {"rows": "named"}}, "say where the payout's `id` is"),
        ({"payout": {"rows": "file", "id": ["a"], "amount": "total"}}, "say `block: true`"),
        ({"payout": {"rows": "closed"}, "types": {"charge": "charge"}}, "needs a type that means payout"),
        ({"header": {"header": ["CH"]}}, "row types need both"),
        ({"header": {"has": ["a"], "header": ["CH"], "body": ["SB"]}}, "a header is found by the columns"),
    ],
)
def test_fault_of_a_mapping_is_named_by_its_field(change: dict[str, Any], words: str) -> None:
    document = {**STRIPE.model_dump(mode="json", exclude_defaults=True), **change}
    with pytest.raises(PermanentError, match=r"GATEWAY_MAPPING_INVALID") as refused:
        parse_mapping(json.dumps(document), "stripe")
    assert words in refused.value.words


def test_mapping_that_is_no_document_or_not_there_says_what_to_do() -> None:
    with pytest.raises(PermanentError, match=r"GATEWAY_MAPPING_INVALID.*The mapping mine is no YAML"):
        parse_mapping("a: [", "mine")
    with pytest.raises(PermanentError, match=r"GATEWAY_UNKNOWN.*There are adyen, .*payouts.mappings"):
        mapping_named("mine", {})
    own: dict[str, GatewayMapping] = {"stripe": mapping_of("klarna")}
    assert mapping_named("stripe", own).gateway == "klarna"
    assert {mapping_named(name, {}).gateway for name in READY} == {"adyen", "paypal", "stripe"}


def test_payout_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match=r"payout po_1 is of 1 GBP, its items come to 0"):
        Payout("stripe", "po_1", "GBP", Decimal(1), date(2026, 11, 25), ())


def test_progress_is_told_while_a_large_file_is_read() -> None:
    heard: list[int] = []
    head, row = raw("stripe").splitlines()[:2]
    many = b"\n".join([head, *[row] * 25_000])
    read_payouts(io.BytesIO(many), STRIPE, heard.append)
    assert heard == [10_000, 20_000, 25_000]
