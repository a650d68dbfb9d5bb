"""Orders of the strangest lawful shapes, through the whole bridge: `make strange ORDERS=1000`.

Names in many scripts, every field at its limit, empty or absent, every country, ids of every allowed sign, prices of
next to nothing and quantities of very many, up to 1,500 lines. Each comes to one invoice that agrees with its order, or
is parked for the reason that was foreseen, in words that name the field. Reads only the two systems and the ledger.
"""

import argparse
import os
import string
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.kashflow.invoice_views import invoice_view
from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind, RetailOrder
from sitecore_kashflow.canonical.countries import is_country
from tests.simulation.dynamo import Item
from tests.simulation.environment import ENVIRONMENT
from tests.simulation.world import World

SCRIPTS = {
    "Latin": "Ægir Ðorðe Łukasz Žižek Ñandú Ørsted ẞ",
    "Greek": "Ελευθέριος Παπαδόπουλος",
    "Cyrillic": "Владимир Щербаков Їжак",
    "Arabic": "محمد عبد الرحمن",
    "Hebrew": "אַבְרָהָם בֶּן־גּוּרִיּוֹן",
    "Devanagari": "क्षत्रिय श्रीकृष्ण",
    "Bengali": "রবীন্দ্রনাথ ঠাকুর",
    "Thai": "สมชาย ใจดี",
    "Han": "歐陽 修 𠮷野家",
    "Kana": "ながしま ヴァイオリン",
    "Hangul": "김철수 \u1112\u1161\u11ab",
    "Georgian": "გიორგი ბერიძე",
    "Ethiopic": "አበበ ቢቂላ",
    "Persian": "نیلوفر\u200cنازنین",  # noqa: RUF001 -- it is meant
    "Combining": "Ze\u0301a\u0308 N\u0303u\u0302n\u0303o\u0302",
    "Signs": 'O\'Brien & "Sons" <Ltd> 100% \\ / ; -- 🎉👩\u200d👩\u200d👧',
}
_ALL_CODES = [first + second for first in string.ascii_uppercase for second in string.ascii_uppercase]
_COUNTRIES = [code for code in _ALL_CODES if is_country(code) and code != "XI"]
"""All but Northern Ireland, which shops write as GB, with a postcode that begins with BT."""
_POSTCODES = {"GB": ("LS1 1AA", "ls11aa", "BT1 1AA", "SW1A 1AA"), "IM": ("IM1 1AA",)}
_ID_SIGNS = string.ascii_letters + string.digits + "-_"
_LONG = 100
"""Most of OrderCloud's texts are at most so long (OC-75)."""
_OWN_FAULTS = ("UNEXPECTED", "UNREADABLE", "RUN_", "SNAPSHOT_GONE")
_MOST_LINES = 1500


@dataclass(frozen=True)
class Strange:
    """An order, what the shop changes in it before it is submitted, and what is foreseen if it has to wait.

    `parks` is the reason code and a word that its reason must have.
    """

    order: RetailOrder
    changes: dict[str, Any] = field(default_factory=dict)
    parks: tuple[str, str] | None = None


def strange_order(number: int, random: Random) -> Strange:
    """The order of this number: its country, its script and its lengths go round, and the rest is drawn."""
    country = _COUNTRIES[number % len(_COUNTRIES)]
    words = list(SCRIPTS.values())[number % len(SCRIPTS)]
    customer = _customer(number, words, country, random)
    lines = tuple(_line(number, position, words, random) for position in range(_lines(number, random)))
    order = RetailOrder(
        _order_id(number, random),
        customer,
        lines,
        shipping=random.choice([Decimal(0), Decimal("0.01"), Decimal("4.95"), Decimal("999.99")]),
        payment=random.choice(list(PaymentKind)),
        tax_rounding=random.choice(["line", "total"]),
    )
    order = replace(order, discount=_discount(order, random))
    if number % 10 == 9:
        return _TROUBLES[number // 10 % len(_TROUBLES)](order)
    if not order.total:
        order = replace(order, payment=PaymentKind.NONE)
    return Strange(order, _changes(words, random))


def _discount(order: RetailOrder, random: Random) -> Decimal:
    """Nothing, a penny, or everything, from goods of one rate."""
    net = sum((line.net for line in order.lines), Decimal(0))
    is_plain = net > 0 and len({line.tax_code for line in order.lines}) == 1
    return random.choice([Decimal(0), Decimal(0), Decimal("0.01"), net]) if is_plain else Decimal(0)


def _to_nowhere(order: RetailOrder) -> Strange:
    nowhere = replace(order.customer.address, country="ZZ", postcode="")
    return Strange(replace(order, customer=replace(order.customer, address=nowhere)), {}, ("COUNTRY_UNKNOWN", "'ZZ'"))


def _too_many(order: RetailOrder) -> Strange:
    line = replace(order.lines[0], quantity=1_000_000_000, unit_price=Decimal(0))
    return Strange(replace(order, lines=(line,), discount=Decimal(0)), {}, ("QUANTITY_UNUSABLE", "Line L1"))


def _half_a_penny(order: RetailOrder) -> Strange:
    line = replace(order.lines[0], quantity=1, unit_price=Decimal("0.005"), tax_code="ZERO")
    few = replace(order, lines=(line,), discount=Decimal(0), payment=PaymentKind.NONE)
    return Strange(few, {}, ("FRACTION_OF_A_PENNY", "The lines"))


def _other_vat(order: RetailOrder) -> Strange:
    few = replace(order, lines=order.lines[:3], discount=Decimal(0), payment=PaymentKind.NONE)
    return Strange(few, {"TaxCost": few.tax + 1}, ("VAT_NOT_EXPLAINED", f"{few.tax + 1}"))


_TROUBLES = (_to_nowhere, _too_many, _half_a_penny, _other_vat)
"""Each tenth order is one that must wait, for a reason that is known beforehand."""


def _order_id(number: int, random: Random) -> str:
    """Of every allowed sign, 1 to 100 of them, and no two alike."""
    mark = f"{number}{random.choice('-_')}"
    length = random.choice([0, 1, 10, 50 - len(mark), 51 - len(mark), _LONG - len(mark)])
    return mark + "".join(random.choice(_ID_SIGNS) for _ in range(length))


def _text(words: str, random: Random, longest: int = _LONG) -> str:
    """In this script: a word, all of them, or so many that not one sign more would fit."""
    found = random.choice([words.split(maxsplit=1)[0], words, (f"{words} " * longest)[:longest].strip()])
    return found or words


def _maybe(words: str, random: Random) -> str | None:
    return random.choice([None, "", " ", _text(words, random), _text(words, random)])


def _customer(number: int, words: str, country: str, random: Random) -> Customer:
    address = Address(
        address_id=None,
        street=_text(words, random),
        city=_text(words, random),
        postcode=random.choice(_POSTCODES.get(country, ("", "0", "1" * 10, "١٢٣٤٥"))),
        country=country,
        state=random.choice(["ON", _text(words, random)]) if country in ("CA", "US") else _maybe(words, random),
        company=_maybe(words, random),
    )
    return Customer(
        buyer_id=f"B{number}",
        buyer_name=_text(words, random),
        user_id=f"{number}-" + "".join(random.choice(_ID_SIGNS) for _ in range(random.choice([1, 80]))),
        first_name=_text(words, random),
        last_name=_text(words, random),
        email=random.choice(["a@b.io", f"{'x' * 60}@{'y' * 30}.example"]),
        address=address,
        currency=random.choice(["GBP", "GBP", "EUR", "USD"]),
    )


def _lines(number: int, random: Random) -> int:
    return _MOST_LINES if number == 7 else random.choice([1, 1, 2, 3, 30])


def _line(number: int, position: int, words: str, random: Random) -> OrderLine:
    is_plain = position > 0
    return OrderLine(
        product_id=f"P{number}-{position}" + "_" * random.choice([0, 80]),
        name=_text(words, random),
        quantity=1 if is_plain else random.choice([1, 2, 3, 7, 1000, 999_999]),
        unit_price=Decimal(random.choice(["0", "0.01", "0.07", "19.99", "33.33"])),
        tax_code=random.choice(["STD", "RED", "ZERO"]),
    )


def _changes(words: str, random: Random) -> dict[str, Any]:
    """Fields that the bridge does not need, full of what may stand there."""
    whole = (f"{words} " * 2000)[:2000]
    return random.choice([{}, {"Comments": whole, "xp": {"nest": [{"": [None, True, whole]}], "n": Decimal("1E+30")}}])


@dataclass
class Outcome:
    """What came of the orders: states, reasons of parked ones, and what is wrong."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def played(seed: int, orders: int, make: Callable[[int, Random], Strange] = strange_order) -> Outcome:
    """So many of them in one world in which nothing goes wrong."""
    world, random = World(seed), Random(f"strange {seed}")
    try:
        placed = []
        for number in range(orders):
            strange = make(number, random)
            world.shop.fill(strange.order)
            if strange.changes:
                world.shop._call("PATCH", f"/v1/orders/Incoming/{strange.order.order_id}", strange.changes)
            world.shop.submit(strange.order)
            world.announce()
            world.run()
            placed.append(strange)
        return judged(world, placed)
    finally:
        world.close()


def judged(world: World, placed: list[Strange]) -> Outcome:
    """Both sides compared, order by order."""
    outcome, books = Outcome(), world.kashflow.kashflow.books
    found: dict[str, list[Item]] = defaultdict(list)
    for record in books.invoices:
        found[str(record["CustomerReference"])].append(invoice_view(books, record))
    for strange in placed:
        name = strange.order.order_id
        state = world.state(name)
        outcome.states[str(state.get("state"))] += 1
        outcome.reasons.update([state["reason_code"]] if "reason_code" in state else [])
        invoices = [one for reference in list(found) if _is_of(reference, name) for one in found.pop(reference)]
        outcome.wrong += [f"{name}: {words}" for words in _wrong_with(strange, state, invoices)]
    outcome.wrong += [f"{reference}: an invoice of no order" for reference in found]
    outcome.wrong += [f"{len(world.dead_letters)} dead letters"] if world.dead_letters else []
    return outcome


def _is_of(reference: str, order_id: str) -> bool:
    """KashFlow takes 50 signs: of a longer id it has the beginning, and a digest."""
    if len(order_id) <= 50:
        return reference == order_id
    return len(reference) == 50 and reference.startswith(f"{order_id[:37]}-")


def _wrong_with(strange: Strange, state: Item, invoices: list[Item]) -> Iterator[str]:
    order = strange.order
    code, reason = str(state.get("reason_code", "")), str(state.get("reason", ""))
    if strange.parks or code:
        if code.startswith(_OWN_FAULTS) or not strange.parks or strange.parks[0] != code:
            yield f"parked as {code} ({reason}), foreseen was {strange.parks}"
        elif strange.parks[1] not in reason:
            yield f"the reason does not name {strange.parks[1]}: {reason}"
        if invoices:
            yield "parked, and has an invoice"
        return
    if len(invoices) != 1:
        yield f"{len(invoices)} invoices, and is {state.get('state')}"
        return
    (invoice,) = invoices
    is_paid = order.payment is PaymentKind.CAPTURED or not order.total
    pairs = {
        "gross": (invoice["GrossAmount"], order.total),
        "VAT": (invoice["VATAmount"], order.tax),
        "due": (invoice["DueAmount"], Decimal(0) if is_paid else order.total),
        "state": (state.get("state"), "paid" if is_paid else "invoiced"),
    }
    yield from (f"{what} is {is_}, should be {ought}" for what, (is_, ought) in pairs.items() if is_ != ought)
    shown = _letters(invoice["CustomerName"])
    names = [_letters(one) for one in (order.customer.address.company or "", _whole_name(order.customer))]
    if not shown or not any(name.startswith(shown) for name in filter(None, names)):
        yield f"the customer is {invoice['CustomerName']!r}, should be one of {names}"
    said = "".join(_letters(line["Description"]) for line in invoice["LineItems"])
    missing = [line.product_id for line in order.lines if _letters(line.product_id) not in said]
    if missing:
        yield f"{len(missing)} products are not on the invoice, such as {missing[0]}"


def _whole_name(customer: Customer) -> str:
    return f"{customer.first_name} {customer.last_name}"


def _letters(text: str) -> str:
    """The letters, digits and marks of a text in one form."""
    return "".join(sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign)[0] in "LMN")


def main() -> int:
    parser = argparse.ArgumentParser(prog="strange")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    outcome = played(options.seed, options.orders)
    print(f"seed {options.seed}: {options.orders:,} orders; states: {dict(outcome.states)}")
    print(f"parked, each for the reason foreseen: {dict(outcome.reasons)}")
    for words in outcome.wrong[:50]:
        print(f"wrong: {words}")
    print(f"violations: {len(outcome.wrong)}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
