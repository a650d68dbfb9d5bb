"""Orders made from the invoice side: the answer is known before there is an order.

Amounts are whole minor units (pennies, yen), percentages are tenths of a percent; everything is integers.
`make_case` takes them from a seeded generator, makes the invoice, and only then writes the order that a shop would
have sent for it. It shares no arithmetic with the bridge. `faults` holds an invoice of the bridge against the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from random import Random
from typing import Any

from sitecore_kashflow.canonical.invoice import InvoiceDraft, InvoiceLine
from sitecore_kashflow.canonical.order import Order
from sitecore_kashflow.documents.entry import Days, Entries, Entry, Figures, Standing
from sitecore_kashflow.documents.sold_lines import pack_lines
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.invoice import invoice_draft
from sitecore_kashflow.plan.invoice_lines import FOREIGN_VAT
from sitecore_kashflow.plan.order_plan import plan_order
from sitecore_kashflow.plan.vat_amounts import VatAmounts, fit_to_account
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud import wire
from sitecore_kashflow.shops.ordercloud.mapping import canonical_order
from sitecore_kashflow.shops.ordercloud.payments import Paperwork
from tests.made_days import Group, Moment, Paper, Received, Story, placed
from tests.whole_numbers import half_up, shares

UK = {"STD": 200, "RED": 50, "ZERO": 0, "EXEMPT": 0}
NONE = dict.fromkeys(UK, 0)
GERMANY = {"STD": 190, "RED": 70}
FINLAND = {"STD": 255}

_STANDARD = "vat: {shipping_class: standard}"
DOCUMENTS = {
    "default": _STANDARD,
    "with goods": "vat: {shipping_class: as_goods}",
    "highest": "vat: {shipping_class: highest_rate}",
    "one stop": "vat: {shipping_class: standard, oss: {scheme: [ioss, non_union], "
    "limit: {GBP: 100000000, EUR: 100000000, USD: 100000000, JPY: 10000000000}, "
    "rates: {DE: {standard: 19, reduced: 7}, FI: {standard: 25.5}}}}",
    "cards paid": f"{_STANDARD}\ngift_cards: {{kind: multi}}\npayments: {{gift_card_types: [SpendingAccount], "
    "accounts: [{type: SpendingAccount, bank_account: '1220'}]}",
    "cards as lines": f"{_STANDARD}\ngift_cards: {{kind: single, tax_class: standard}}\n"
    "payments: {gift_card_types: [SpendingAccount]}",
    "parents": f"{_STANDARD}\norders: {{bundles: parent}}",
    "children": f"{_STANDARD}\norders: {{bundles: children}}",
    "tax points": f"{_STANDARD}\norders: {{tax_point: first_of}}\nnominal_codes: {{deposit: 2115}}",
    "tax points by quarter": f"{_STANDARD}\norders: {{tax_point: first_of, deposits: each_vat_period}}\n"
    "nominal_codes: {deposit: 2115}",
}
_BOXES = {"STD": "taxable", "RED": "taxable", "ZERO": "zero", "EXEMPT": "exempt"}


@dataclass(frozen=True)
class Place:
    """Where the goods go, who buys, what is sold, and which percentages that means by tax code."""

    country: str
    postcode: str
    rates: dict[str, int]
    supply: str = ""
    vat_number: str = ""
    one_group: bool = False

    def box(self, code: str) -> str:
        """The box of the UK return for what has this tax code."""
        return "abroad" if self.one_group else _BOXES[code]


PLACES = (
    Place("GB", "LS1 1AA", UK),
    Place("GB", "M1 2AB", UK),
    Place("GB", "BT1 5GS", UK),
    Place("IM", "IM1 2BG", UK),
    Place("JE", "JE2 3AB", NONE, one_group=True),
    Place("GG", "GY1 1AA", NONE, one_group=True),
    Place("US", "97204", NONE, one_group=True),
    Place("DE", "50667", NONE, one_group=True),
    Place("FR", "45000", NONE, vat_number="FR40303265045", one_group=True),
    Place("DE", "50667", NONE, "digital", "DE136695976", one_group=True),
    Place("IE", "D02", NONE, "service", "IE6433435F", one_group=True),
    Place("JP", "100", NONE, "digital", one_group=True),
    Place("US", "97204", UK, "service"),
    Place("GB", "JE2 3AB", NONE, one_group=True),
    Place("XI", "BT1 5GS", UK),
    Place("IC", "35001", NONE, one_group=True),
    Place("XK", "10000", NONE, one_group=True),
    Place("US", "97204", NONE, "intangible", one_group=True),
)
ONE_STOP = (Place("DE", "50667", GERMANY), Place("DE", "50667", GERMANY, "digital"), Place("FI", "00100", FINLAND))


@dataclass(frozen=True)
class Currency:
    """`digits` after the point; amounts are multiples of `coin` minor units."""

    code: str
    digits: int
    coin: int = 1

    def money(self, amount: int) -> Decimal:
        return Decimal(amount).scaleb(-self.digits)


GBP, KWD = Currency("GBP", 2), Currency("KWD", 3, coin=200)
CURRENCIES = (GBP, Currency("EUR", 2), Currency("USD", 2), Currency("JPY", 0), KWD)


@dataclass(frozen=True)
class Setting:
    """What is known before there are lines: the rules, the place, the currency, and how the shop rounds its VAT."""

    document: str
    place: Place
    currency: Currency
    method: str

    @property
    def has_deposits(self) -> bool:
        """Whether tax points come first, so that part payments are invoiced by themselves."""
        return self.document.startswith("tax points")

    @property
    def is_coarse(self) -> bool:
        """KashFlow has two decimals: dinars must come to whole tens of fils, so nothing is shared out."""
        return self.currency is KWD


@dataclass
class Line:
    """A line of the invoice: `amount` is what the shop says, net or gross; `code` is empty for what is no goods.

    A tip is no supply. `box` is empty where it is left open. `part` is what of the order it is: goods have an id."""

    amount: int
    rate: int
    quantity: int = 1
    code: str = ""
    vat: int = 0
    is_stated: bool = False
    is_supply: bool = True
    fraction: int = 0
    box: str = ""
    is_delivery: bool = False
    part: str = ""


@dataclass
class Basket:
    """What is in the order, and the lines that the invoice should have for it.

    `line_discounts` has one for each of the goods; `discount_lines` and `charge_lines` are lines of the invoice alone.
    """

    goods: list[Line]
    line_discounts: list[int]
    order_discount: int = 0
    delivery_discount: int = 0
    discount_lines: list[Line] = field(default_factory=list)
    charges: dict[str, int] = field(default_factory=dict)
    charge_lines: list[Line] = field(default_factory=list)
    tax: int = 0

    @property
    def lines(self) -> list[Line]:
        return [*self.goods, *self.discount_lines, *self.charge_lines]


@dataclass
class Case:
    """An order, the rules to read it by, and the invoice it was made from. `parks`: it must not become one.

    `is_arguable`: it need not park after all, because its discount may be on delivery too, and then rounding explains
    it.

    `received` has the amount and day of each receipt that the invoice must show, `day` is the invoice's own. Where tax
    points come first, `papers` are the documents that the books should hold by now; None where all is one invoice.
    """

    worksheet: dict[str, Any]
    payments: list[dict[str, Any]]
    document: str
    digits: int
    lines: list[Line]
    method: str
    gross: int
    received: list[tuple[int, date]] = field(default_factory=list)
    parks: bool = False
    is_arguable: bool = False
    day: date | None = None
    shipments: list[dict[str, Any]] = field(default_factory=list)
    papers: list[Paper] | None = None
    source: "Source | None" = None


@dataclass(frozen=True)
class Source:
    """What a case was made from, so that its order can be changed; `luck` decides what happens to it later."""

    setting: Setting
    basket: Basket
    at: Moment
    gift: int
    luck: int


def make_case(rng: Random) -> Case:
    """Any order that a shop may send: every place, method, discount, charge, currency, payment and bundle."""
    setting = _setting(rng)
    basket = _basket(rng, setting)
    lines = basket.lines
    is_explained = _is_rounding(setting.method, lines, basket.tax)
    gift = 0
    gross = sum(one.amount for one in lines) + (0 if setting.method == "included" else basket.tax)
    if setting.document.startswith("cards") and gross > 1 and not setting.is_coarse:
        gift = rng.randrange(1, gross)
    as_line = gift if setting.document == "cards as lines" else 0
    supplied = [one for one in lines if one.amount and one.is_supply]
    worth = gross - sum(one.amount for one in lines if not one.is_supply)
    is_for_other_things = as_line > worth or {one.rate for one in supplied} != {UK["STD"]}
    if as_line and not is_for_other_things:
        lines.append(_card_line(as_line, worth, basket.tax, setting))
    at = placed(rng)
    money = _money(rng, gross, gift, at)
    received = [part for one in money if not (as_line and one.kind == "SpendingAccount") for part in one.received]
    case = Case(
        worksheet=_worksheet(f"M-{rng.getrandbits(30)}", setting, basket, at),
        payments=[_payment(one, setting.currency) for one in money],
        document=setting.document,
        digits=setting.currency.digits,
        lines=lines,
        method=setting.method,
        gross=gross - as_line,
        received=[(one.amount, one.at.day) for one in received],
        day=min(at.day, *(one.at.day for one in received)) if received else at.day,
        is_arguable=not is_explained
        and any(_is_rounding(setting.method, one, basket.tax) for one in _other_readings(setting, basket)),
        parks=gross < 0 or not is_explained or bool(as_line and is_for_other_things),
    )
    if setting.has_deposits:
        _add_supplies(rng, case, Story(at, gross, tuple(received), (), setting.document.endswith("quarter")))
    if rng.random() < 0.02:
        _spoil(rng, case)
    case.source = Source(setting, basket, at, as_line, rng.getrandbits(60))
    return case


@dataclass(frozen=True)
class Edit:
    """An order after a change in the shop: what is sent, what it comes to, and the lines that it should have now."""

    worksheet: dict[str, Any]
    gross: int
    lines: list[Line]


def edited(rng: Random, case: Case, source: Source) -> tuple[Edit, Source]:
    """More or less of one line, a line less or swapped for another, or another charge for delivery."""
    setting, old = source.setting, source.basket
    goods: list[Line] = [replace(one) for one in old.goods]
    basket = replace(old, goods=goods, line_discounts=list(old.line_discounts), charges=dict(old.charges))
    position = rng.randrange(len(goods))
    _change(rng, basket, position, setting)
    if basket.order_discount > sum(one.amount for one in goods):
        basket.order_discount = 0
    basket.delivery_discount = min(basket.delivery_discount, basket.charges["ShippingCost"])
    if basket.order_discount == basket.charges["ShippingCost"]:
        basket.order_discount = max(0, basket.order_discount - 1)
    basket.charge_lines = _charge_lines(setting, basket)
    basket.discount_lines = [*_discount_lines(setting, basket), *_delivery_discount_lines(basket)]
    lines = basket.lines
    basket.tax = _add_vat(rng, setting.method, lines)
    gross = sum(one.amount for one in lines) + (0 if setting.method == "included" else basket.tax)
    if source.gift:
        worth = gross - sum(one.amount for one in lines if not one.is_supply)
        lines.append(
            _card_line(source.gift, max(worth, 1), basket.tax, setting)
        )  # nobody invoices one that is worth less
    sheet = _worksheet(case.worksheet["Order"]["ID"], setting, basket, source.at)
    return Edit(sheet, gross - source.gift, lines), replace(source, basket=basket)


def _change(rng: Random, basket: Basket, position: int, setting: Setting) -> None:
    line, coin = basket.goods[position], setting.currency.coin
    kind = rng.choice(("quantity", "quantity", "swap", "delivery", "less"))
    if kind == "delivery":
        basket.charges["ShippingCost"] = rng.choice((0, 495, 350, rng.randrange(1, 3000))) * coin
    elif kind == "less" and len(basket.goods) > 1:
        del basket.goods[position], basket.line_discounts[position]
    elif kind == "swap":
        unit = rng.randrange(1, 6000) * coin
        basket.goods[position] = replace(line, amount=unit * line.quantity, part=f"{line.part}x")
    else:
        unit = line.amount // line.quantity
        quantity = rng.choice([one for one in (1, 2, 3, 5, line.quantity + 1) if one != line.quantity])
        basket.goods[position] = replace(line, amount=unit * quantity, quantity=quantity)


def _add_supplies(rng: Random, case: Case, story: Story) -> None:
    """Perhaps parcels, one of them perhaps without a day, or completion; and the documents that all of it makes."""
    sent = [story.placed.later(rng, 40) for _ in range(rng.choice((0, 0, 1, 2)))]
    case.shipments = [{"ID": f"S{number}", "DateShipped": one.in_utc} for number, one in enumerate(sent)]
    if rng.random() < 0.1:
        case.shipments.append({"ID": "S", "DateShipped": None})
    if rng.random() < 0.1:
        done = story.placed.later(rng, 40)
        case.worksheet["Order"] |= {"Status": "Completed", "DateCompleted": done.in_utc}
        sent.append(done)
    story = replace(story, supplied=tuple(sent))
    groups: dict[tuple[int, str], Group] = {}
    for one in case.lines:
        group = groups.setdefault((one.rate, one.box), Group(0, 0))
        group.gross += one.amount + (0 if case.method == "included" else one.vat)
        group.vat += one.vat
    case.day = story.final_day or story.placed.day
    if story.final_day is None and story.money:
        case.day = min(story.placed.day, *(one.at.day for one in story.money))
    if not case.parks:
        case.papers = list(story.papers(list(groups.values())))


def _other_readings(setting: Setting, basket: Basket) -> Iterator[list[Line]]:
    """The lines, if a discount of which nobody says what it is for were on goods and delivery, or on delivery alone."""
    delivery = [(one.rate, one.amount) for one in basket.charge_lines if one.is_delivery]
    if not basket.order_discount or basket.delivery_discount or not delivery:
        return
    goods = [(rate, amount) for (_, rate), amount in _sums_by_treatment(basket.goods, setting.place).items()]
    for some in ([*goods, *delivery], delivery):
        if basket.order_discount <= sum(amount for _, amount in some):
            parts = shares(basket.order_discount, [amount for _, amount in some])
            off = [Line(-part, rate) for (rate, _), part in zip(some, parts, strict=True)]
            yield [*basket.goods, *off, *basket.charge_lines]


def _is_rounding(method: str, lines: Sequence[Line], tax: int) -> bool:
    """Whether half a minor unit for each taxed line and half for the total explain the VAT, and a line's own."""
    if method == "included":
        return True
    exact = [one.amount * 10_000 + one.fraction for one in lines]
    due = [amount * one.rate for amount, one in zip(exact, lines, strict=True)]
    taxed = sum(map(bool, due))
    stated = [(one, own) for one, own in zip(lines, due, strict=True) if one.is_stated]
    if any(abs(one.vat * 10**7 - own) * 2 > 10**7 * min(one.quantity, taxed + 1) for one, own in stated):
        return False
    if any(not one.vat and half_up(own, 10**7) for one, own in stated):
        return False
    return abs(tax * 10**7 - sum(due)) * 2 <= 10**7 * (taxed + 1)


def _setting(rng: Random) -> Setting:
    document = rng.choices(list(DOCUMENTS), (60, 8, 8, 8, 5, 5, 3, 3, 10, 5))[0]
    place = rng.choice(ONE_STOP) if document == "one stop" else rng.choices(PLACES, (40, *[3] * (len(PLACES) - 1)))[0]
    currency = rng.choices(CURRENCIES, (85, 5, 4, 4, 2))[0]
    if document in ("one stop", "with goods") and currency is KWD:
        currency = GBP
    method = rng.choices(("line", "percentage", "unit", "total", "stated", "included"), (40, 15, 5, 15, 10, 15))[0]
    if document.startswith("tax points"):  # the VAT of each line is known, so that of each deposit is
        currency, method = GBP if currency is KWD else currency, rng.choice(("line", "stated", "included"))
    return Setting(document, place, currency, "line" if currency is KWD else method)


def _box(setting: Setting, code: str) -> str:
    """Left open under One Stop Shop, which is looked at by itself."""
    return "" if setting.document == "one stop" else setting.place.box(code)


def _basket(rng: Random, setting: Setting) -> Basket:
    goods = _goods(rng, setting)
    line_discounts = [0] * len(goods)
    if setting.method != "unit" and rng.random() < 0.3:
        coin = setting.currency.coin
        line_discounts = [rng.randrange(0, 500) * coin if rng.random() < 0.5 else 0 for _ in goods]
    basket = Basket(goods, line_discounts)
    _add_charges(rng, setting, basket)
    _add_discount(rng, setting, basket)
    _add_delivery_discount(rng, setting, basket)
    basket.tax = _add_vat(rng, setting.method, basket.lines)
    return basket


def _goods(rng: Random, setting: Setting) -> list[Line]:
    rates, coin = setting.place.rates, setting.currency.coin
    codes = list(rates)
    count = rng.choices((1, 2, 3, 5, 12, 1000), (300, 250, 200, 150, 50, 0.2))[0]
    goods: list[Line] = []
    for _ in range(count):
        code = rng.choice(codes) if rng.random() < 0.4 else codes[0]
        quantity = rng.choice((1, 1, 1, 2, 3, 4, 6, 12, 100))
        unit = 0 if rng.random() < 0.04 else rng.randrange(1, rng.choice((100, 3000, 60_000))) * coin
        uneven = setting.method != "unit" and coin == 1 and rng.random() < 0.15
        amount = quantity * unit + (rng.randrange(0, quantity) if uneven else 0)
        goods.append(Line(amount, rates[code], quantity, code, box=_box(setting, code), part=f"line:L{len(goods)} P"))
    if setting.method == "percentage" and coin == 1 and count > 1 and rng.random() < 0.2:
        first, second = goods[0], goods[1]
        second.rate, second.code, second.box = first.rate, first.code, first.box
        second.amount = max(second.amount, 1)
        first.fraction = rng.randrange(1, 10_000)
        second.fraction = -first.fraction
    return goods


def _add_discount(rng: Random, setting: Setting, basket: Basket) -> None:
    """Perhaps some of the goods off."""
    whole = sum(one.amount for one in basket.goods)
    if setting.is_coarse or rng.random() < 0.75 or whole < 2 or any(one.fraction for one in basket.goods):
        return
    basket.order_discount = whole if rng.random() < 0.03 else rng.randrange(1, whole)
    if basket.order_discount == basket.charges.get("ShippingCost"):
        basket.order_discount -= 1
    basket.discount_lines += _discount_lines(setting, basket)


def _discount_lines(setting: Setting, basket: Basket) -> list[Line]:
    """A line for each treatment in proportion."""
    groups = _sums_by_treatment(basket.goods, setting.place)
    parts = shares(basket.order_discount, list(groups.values())) if basket.order_discount else []
    return [
        Line(-part, rate, code=f"-{code}", box=_box(setting, code), part="discount")
        for (code, rate), part in zip(groups, parts, strict=False)
        if part
    ]


def _add_delivery_discount(rng: Random, setting: Setting, basket: Basket) -> None:
    """Perhaps delivery for less, or for nothing, by a promotion that says so."""
    charged = basket.charges["ShippingCost"]
    if not charged or setting.is_coarse or rng.random() < 0.8:
        return
    basket.delivery_discount = charged if rng.random() < 0.5 else rng.randrange(1, charged + 1)
    basket.discount_lines += _delivery_discount_lines(basket)


def _delivery_discount_lines(basket: Basket) -> list[Line]:
    """A line for each treatment of delivery."""
    delivery = [one for one in basket.charge_lines if one.is_delivery]
    parts = shares(basket.delivery_discount, [one.amount for one in delivery]) if basket.delivery_discount else []
    return [
        Line(-part, one.rate, code="-", box=one.box, part="delivery discount")
        for one, part in zip(delivery, parts, strict=False)
        if part
    ]


def _sums_by_treatment(goods: Sequence[Line], place: Place) -> dict[tuple[str, int], int]:
    """What the goods of each treatment come to; all exports are one."""
    sums: dict[tuple[str, int], int] = {}
    for one in goods:
        key = ("", 0) if place.one_group else (one.code, one.rate)
        sums[key] = sums.get(key, 0) + one.amount
    return {key: amount for key, amount in sums.items() if amount}


def _add_charges(rng: Random, setting: Setting, basket: Basket) -> None:
    """Perhaps delivery, fees and gratuity."""
    rates, coin = setting.place.rates, setting.currency.coin
    basket.charges = {"ShippingCost": 0, "Fees": 0, "Gratuity": 0}
    if rng.random() < 0.6:
        amount = rng.choice((495, 350, 1200, rng.randrange(1, 3000))) * coin
        if not (any(one.fraction for one in basket.goods) and setting.document == "with goods"):
            basket.charges["ShippingCost"] = amount
    if rng.random() < 0.1:
        basket.charges["Fees"] = rng.randrange(1, 500) * coin
    if rng.random() < 0.1 and "ZERO" in rates:
        basket.charges["Gratuity"] = rng.randrange(1, 500) * coin
    basket.charge_lines = _charge_lines(setting, basket)


def _charge_lines(setting: Setting, basket: Basket) -> list[Line]:
    charges, standard, lines = basket.charges, setting.place.rates["STD"], list[Line]()
    if charges["ShippingCost"]:
        lines += _delivery_lines(charges["ShippingCost"], setting, basket.goods)
    if charges["Fees"]:
        lines.append(Line(charges["Fees"], standard, box=_box(setting, "STD"), part="fees"))
    if charges["Gratuity"]:
        lines.append(Line(charges["Gratuity"], 0, is_supply=False, box="none", part="gratuity"))
    return lines


def _delivery_lines(amount: int, setting: Setting, goods: Sequence[Line]) -> list[Line]:
    """Delivery is of the standard class, or it follows the goods, those without a price by the first of them."""
    if setting.document not in ("with goods", "highest"):
        return [Line(amount, setting.place.rates["STD"], box=_box(setting, "STD"), is_delivery=True, part="delivery")]
    priced = [one for one in goods if one.amount or one.fraction]
    groups = _sums_by_treatment(goods, setting.place)
    if setting.document == "with goods" and groups:
        parts = shares(amount, list(groups.values()))
        return [
            Line(part, rate, box=_box(setting, code), is_delivery=True, part="delivery")
            for (code, rate), part in zip(groups, parts, strict=True)
            if part
        ]
    return [Line(amount, max((one.rate for one in priced), default=goods[0].rate), is_delivery=True, part="delivery")]


def _add_vat(rng: Random, method: str, lines: Sequence[Line]) -> int:
    """The shop's VAT by its method; every line keeps its share where the method makes one."""
    for one in lines:
        if method == "included":
            one.vat = half_up(one.amount * one.rate, 1000 + one.rate)
        elif method == "unit":
            one.vat = half_up(one.amount // one.quantity * one.rate, 1000) * one.quantity
        else:
            one.vat = half_up(one.amount * one.rate, 1000)
    if method == "stated":
        for one in lines:
            one.is_stated = bool(one.code) and not one.code.startswith("-") and one.rate > 0
            if one.is_stated and one.amount > 10 and rng.random() < 0.2:
                one.vat = one.amount * one.rate // 1000
    if method == "total":
        return half_up(sum(one.amount * one.rate for one in lines), 1000)
    if method == "percentage":
        sums: dict[int, int] = {}
        for one in lines:
            sums[one.rate] = sums.get(one.rate, 0) + one.amount * 10_000 + one.fraction
        return sum(half_up(amount * rate, 10_000_000) for rate, amount in sums.items())
    return sum(one.vat for one in lines)


def _worksheet(order_id: str, setting: Setting, basket: Basket, at: Moment) -> dict[str, Any]:
    """The order as the shop sends it, with its total."""
    place, money = setting.place, setting.currency.money
    address = {"FirstName": "Ada", "Street1": "1 High St", "City": "X", "Zip": place.postcode, "Country": place.country}
    items = [
        _line_item(one, discount, setting) | {"ShippingAddress": address}
        for one, discount in zip(basket.goods, basket.line_discounts, strict=True)
    ]
    subtotal = sum((item["LineSubtotal"] for item in items), Decimal(0))
    _put_in_bundle(items, setting.document)
    added = 0 if setting.method == "included" else basket.tax
    off_delivery = basket.delivery_discount
    promotions = sum(basket.line_discounts) + basket.order_discount + off_delivery
    on_delivery = {"Amount": money(off_delivery), "ValueExpression": "order.ShippingCost * 0.5"}
    return {
        "Order": {
            "ID": order_id,
            "FromUser": {"ID": "ada", "FirstName": "Ada", "LastName": "Field", "xp": {"VatNumber": place.vat_number}},
            "FromCompanyID": "retail",
            "BillingAddress": address,
            "Status": "Open",
            "DateSubmitted": at.in_utc,
            "Subtotal": subtotal,
            "TaxCost": money(added),
            "PromotionDiscount": money(promotions),
            "Currency": setting.currency.code,
            "Total": subtotal + money(sum(basket.charges.values()) + added - promotions),
            "xp": {"PricesIncludeVat": True} if setting.method == "included" else {},
        }
        | {name: money(amount) for name, amount in basket.charges.items()},
        "LineItems": items,
        "OrderPromotions": [on_delivery] if off_delivery else [],
    }


def _line_item(one: Line, discount: int, setting: Setting) -> dict[str, Any]:
    money, (name, product) = setting.currency.money, one.part.removeprefix("line:").split()
    subtotal = money(one.amount + discount) + money(one.fraction).scaleb(-4)
    xp: dict[str, Any] = {"VatAmount": money(one.vat)} if one.is_stated else {}
    if setting.place.supply:
        xp["Supply"] = setting.place.supply
    return {
        "ID": name,
        "ProductID": product,
        "Quantity": one.quantity,
        "UnitPrice": subtotal / one.quantity,
        "LineSubtotal": subtotal,
        "PromotionDiscount": money(discount),
        "Product": {"ID": product, "Name": "Thing", "xp": {"TaxCode": one.code}},
        "xp": xp,
    }


def _put_in_bundle(items: list[dict[str, Any]], document: str) -> None:
    """Where the rules read bundles, the first line becomes the half that has the money, beside one that has none."""
    parent, child = {"IsBundle": True}, {"BundleItemID": "B"}
    without_money = {"ID": "B", "ProductID": "B", "Quantity": 1, "LineSubtotal": Decimal(0), "UnitPrice": None}
    if document == "parents":
        items[0] |= parent
        items.append(without_money | child)
    elif document == "children":
        items[0] |= child
        items.append(without_money | parent)


def _card_line(gift: int, worth: int, tax: int, setting: Setting) -> Line:
    """A single-purpose gift card takes its share of the VAT with it."""
    vat = half_up(tax * gift, worth)
    return Line(
        -gift if setting.method == "included" else vat - gift, UK["STD"], vat=-vat, box="taxable", part="gift card"
    )


@dataclass
class Paid:
    """A payment of the shop: each transaction by type, amount and moment, and the receipts that it should make."""

    name: str
    kind: str
    amount: int
    transactions: list[tuple[str, int, bool, Moment]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def capture(self, amount: int, at: Moment) -> None:
        self.received.append(Received(f"{self.name}/T{len(self.transactions)}", amount, at))
        self.transactions.append(("CreditCardCapture", amount, True, at))


def _money(rng: Random, gross: int, gift: int, at: Moment) -> list[Paid]:
    """A gift card if there is one; and perhaps a card: charged at once or in parts, authorised, voided, refunded.

    Most money comes on the day of the order or later; some came a little before it.
    """
    paid = [Paid("G", "SpendingAccount", gift, received=[Received("G", gift, at)])] if gift else []
    rest = gross - gift
    if rest <= 0 or rng.random() >= 0.7:
        return paid
    if rng.random() < 0.1:
        voided = [("CreditCard", rest, True, at), ("CreditCardVoidAuthorization", rest, True, at)]
        paid.append(Paid("V", "CreditCard", rest, voided))
    card = Paid("C", "CreditCard", rest, [("CreditCardAuthorization", rest, rng.random() < 0.8, at)])
    if rng.random() < 0.2:
        card.transactions.append(("CreditCardCapture", rest, False, at))
    if rng.random() < 0.85:
        captured = rest if rng.random() < 0.8 else rng.randrange(1, rest + 1)
        moment = replace(at, day=at.day - timedelta(days=1)) if rng.random() < 0.05 else at
        for part in _parts(rng, captured):
            moment = moment.later(rng, rng.choice((0, 0, 3, 40)))
            card.capture(part, moment)
    if card.received and rng.random() < 0.05:
        card.transactions.append((rng.choice(("CreditCardRefund", "Refund")), rng.choice((-1, 1)), True, at))
    if card.received and rng.random() < 0.1:
        card.transactions.append(("CreditCardVoidAuthorization", rest, True, at))
    return [*paid, card]


def _parts(rng: Random, amount: int) -> list[int]:
    """The amount in one piece or in several, none of them nothing."""
    if amount < 3 or rng.random() < 0.6:
        return [amount]
    first = rng.randrange(1, amount - 1)
    return [first, *_parts(rng, amount - first)]


def _payment(paid: Paid, currency: Currency) -> dict[str, Any]:
    return {
        "ID": paid.name,
        "Type": paid.kind,
        "Amount": currency.money(paid.amount),
        "Accepted": True,
        "Transactions": [
            {"ID": f"T{number}", "Type": kind, "Amount": currency.money(amount), "Succeeded": succeeded}
            | {"DateExecuted": at.in_utc}
            for number, (kind, amount, succeeded, at) in enumerate(paid.transactions)
        ],
    }


def _spoil(rng: Random, case: Case) -> None:
    """Makes the order one that nobody can explain: its total is off, or its VAT by more than rounding."""
    order = case.worksheet["Order"]
    case.parks, case.is_arguable = True, False
    if rng.random() < 0.5:
        order["Total"] += Decimal(rng.choice((-1, 1)) * rng.randrange(1, 500)).scaleb(-case.digits)
    else:
        off = Decimal(sum(one.quantity + 2 for one in case.lines) + 1).scaleb(-case.digits)
        order["TaxCost"] += off
        order["Total"] += off


_rules: dict[str, Rules] = {}


def rules_of(document: str) -> Rules:
    """The rules by name, read once."""
    if document not in _rules:
        _rules[document] = parse_rules(DOCUMENTS[document])
    return _rules[document]


def _vat_charged(made: InvoiceDraft) -> Decimal:
    """The VAT that the shop charged, wherever it is owed; a gift card's own was charged when it was sold."""
    abroad = sum((line.net for line in made.lines if line.part == FOREIGN_VAT), Decimal(0))
    return abroad + sum((line.vat for line in made.lines if line.part != "gift card"), Decimal(0))


def faults(case: Case) -> str:
    """What is wrong with the bridge's invoice for the case; empty if nothing."""
    rules = rules_of(case.document)
    try:
        worksheet = wire.Worksheet.model_validate(case.worksheet)
        paperwork = Paperwork([wire.Payment.model_validate(one) for one in case.payments])
        shipments = [wire.Shipment.model_validate(one) for one in case.shipments]
        order = canonical_order(worksheet, paperwork, rules, shipments)
        made = invoice_draft(order, rules)
    except PermanentError as error:
        return "" if case.parks else f"refused: {error}"
    if case.is_arguable and (made.gross, _vat_charged(made)) == (order.owed, order.tax):
        return ""
    if case.parks:
        return "posted, though it adds up to nothing"
    if case.document == "one stop":
        return _faults_abroad(case, made)
    found = next(chain(_differences(case, made), _faults_in_papers(case, order, rules)), "")
    return found if found or case.method == "line" else _faults_in_accounts(made)


def _faults_in_papers(case: Case, order: Order, rules: Rules) -> Iterator[str]:
    """What is wrong with the documents of an order whose tax points come first; or with what is planned after them."""
    if case.papers is None:
        return
    made = plan_order(order, Entries(), rules).sales()
    if [one.reference for one in made] != [f"{order.order_id}{one.suffix}" for one in case.papers]:
        yield f"makes {[one.reference for one in made]}, not {[one.suffix or 'the rest' for one in case.papers]}"
        return
    for is_, ought in zip(made, case.papers, strict=True):
        yield from _faults_of_paper(is_, ought, 10**case.digits)
    for number in range(1, len(made) + 1):
        left = plan_order(order, Entries(map(_standing, made[:number])), rules).sales()
        if left != made[number:]:
            yield f"once {number} of its documents stand, it makes {[one.reference for one in left]}"


def _faults_of_paper(is_: InvoiceDraft, ought: Paper, minor: int) -> Iterator[str]:
    sums = is_.issued_on, int(is_.gross * minor), int(is_.vat * minor)
    if sums != (ought.day, ought.gross, ought.vat):
        yield f"{is_.reference}: {sums}, not {ought}"
    if sorted((int(one.amount * minor), one.paid_on) for one in is_.payments) != sorted(ought.received):
        yield f"{is_.reference} shows other receipts than {ought.received}"
    if ought.suffix and {line.nominal_code for line in is_.lines} != {2115}:
        yield f"{is_.reference} is no liability"


def _standing(made: InvoiceDraft) -> Entry:
    """The ledger's entry once the document is in the books."""
    return Entry(
        kind=made.kind,
        reference=made.reference,
        customer_code="W1",
        figures=Figures(made.currency, made.net, made.vat, made.gross, Decimal(1)),
        rules_version=made.rules_version,
        status=Standing(1, is_verified=True),
        carried={one.payment_id: one.amount for one in made.payments},
        days=Days(made.issued_on),
        sold=pack_lines(made.lines),
    )


def _faults_abroad(case: Case, made: InvoiceDraft) -> str:
    """What is wrong with an invoice under One Stop Shop: net lines at 0 %, and the VAT as lines that are no supply."""
    minor = 10**case.digits
    goods = [int(line.net * minor) for line in made.lines if not line.vat_exempt]
    owed = sum(int(line.net * minor) for line in made.lines if line.vat_exempt)
    nets = [one.amount - (one.vat if case.method == "included" else 0) for one in case.lines]
    if len(goods) != len(nets) or any(abs(is_ - net) > 1 for is_, net in zip(goods, nets, strict=True)):
        return f"has goods of {goods}, not {nets}"
    if sum(goods) + owed != case.gross or made.gross * minor != case.gross or owed != case.gross - sum(nets):
        return f"owes {owed} abroad"
    marks = {(line.vat, line.vat_level, line.box, line.nominal_code) for line in made.lines}
    wrong = marks - {(Decimal(0), Decimal(0), "abroad", 4050), (Decimal(0), Decimal(0), "none", 2205)}
    return f"has lines marked {wrong}" if wrong else ""


def _faults_in_accounts(made: InvoiceDraft) -> str:
    """What is wrong with the invoice as it is sent to an account that works out VAT, or of which nobody knows.

    Either form must come to the same wherever it may be sent: where VAT is kept, by line, and by unit.
    """
    kept, by_line, by_unit = _vat_in_accounts(made)
    if kept == by_line == by_unit:
        return ""
    for known in (VatAmounts.UNKNOWN, VatAmounts.COMPUTED):
        form = fit_to_account(made, known, 4000)
        sums = [sum(vats) for vats in _vat_in_accounts(form)]
        if sums != [sum(kept)] * 3 or (form.net, form.gross) != (made.net, made.gross):
            return f"in the form for {known}, holds {sums} pennies of VAT, kept, by line and by unit; {form.net} net"
    return ""


def _vat_in_accounts(made: InvoiceDraft) -> tuple[list[int], list[int], list[int]]:
    """The VAT of each line in pennies: as it is sent, as it is worked out by line, and by unit."""
    kept, by_line, by_unit = list[int](), list[int](), list[int]()
    for one in made.lines:
        rate, level = int(one.rate * 100), int(one.vat_level * 10)
        kept.append(int(one.vat * 100))
        by_line.append(half_up(rate * one.quantity * level, 1000))
        by_unit.append(half_up(rate * level, 1000) * one.quantity)
    return kept, by_line, by_unit


def _differences(case: Case, made: InvoiceDraft) -> Iterator[str]:
    minor = 10**case.digits
    if made.gross * minor != case.gross or made.net + made.vat != made.gross:
        yield f"comes to {made.net} + {made.vat} = {made.gross}, not {case.gross}"
    if made.vat * minor != sum(one.vat for one in case.lines) and case.method in ("line", "unit", "stated", "included"):
        yield f"holds {made.vat} VAT"
    shown = [(one.amount * minor, one.paid_on) for one in made.payments]
    if shown != case.received:
        yield f"shows {[(str(amount), str(day)) for amount, day in shown]}, not {case.received} received"
    if made.issued_on != case.day:
        yield f"is of {made.issued_on}, not of {case.day}"
    if len(made.lines) != len(case.lines):
        yield f"has {len(made.lines)} lines, not {len(case.lines)}"
        return
    for position, (line, one) in enumerate(zip(made.lines, case.lines, strict=True), start=1):
        yield from (f"line {position} {fault}: {line}" for fault in _line_faults(case, line, one, minor))


def _line_faults(case: Case, line: InvoiceLine, one: Line, minor: int) -> Iterator[str]:
    net, vat = int(line.net * minor), int(line.vat * minor)
    hundredth = int(line.rate * 100)
    if line.rate * 100 != hundredth or line.net != line.quantity * line.rate:
        yield "is not quantity times a rate of two decimals"
    if line.vat_level * 10 != one.rate:
        yield f"should be taxed at {one.rate / 10} %"
    if (one.box and line.box != one.box) or line.vat_exempt != (line.box == "none"):
        yield f"should be in box {one.box}"
    if net + vat != one.amount if case.method == "included" else abs(net - one.amount) > bool(one.fraction):
        yield f"should be {one.amount}"
    exact_by_line = case.method in ("line", "included") or one.is_stated
    slack = (one.quantity + 1) // 2 + 1 if case.method == "unit" else 1
    if vat != one.vat if exact_by_line else abs(vat - one.vat) > slack:
        yield f"should hold {one.vat} VAT"
    if line.quantity > 1:
        by_unit = half_up(hundredth * one.rate, 1000) * line.quantity
        by_line = half_up(hundredth * line.quantity * one.rate, 1000)
        if not int(line.vat * 100) == by_unit == by_line:
            yield "has another VAT in one of KashFlow's two ways"
