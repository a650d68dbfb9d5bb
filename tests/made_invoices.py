"""Orders made from the invoice side: the answer is known before there is an order.

Amounts are whole minor units (pennies, yen), percentages are tenths of a percent; everything is integers.
`make_case` takes them from a seeded generator, makes the invoice, and only then writes the order that a shop would
have sent for it. It shares no arithmetic with the bridge. `faults` holds an invoice of the bridge against the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from sitecore_kashflow.canonical.invoice import InvoiceDraft, InvoiceLine
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.invoice import invoice_draft
from sitecore_kashflow.plan.vat_amounts import VatAmounts, fit_to_account
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud import wire
from sitecore_kashflow.shops.ordercloud.mapping import canonical_order

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
}


@dataclass(frozen=True)
class Place:
    """Where the goods go, who buys, what is sold, and which percentages that means by tax code."""

    country: str
    postcode: str
    rates: dict[str, int]
    supply: str = ""
    vat_number: str = ""
    one_group: bool = False


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
    def is_coarse(self) -> bool:
        """KashFlow has two decimals: dinars must come to whole tens of fils, so nothing is shared out."""
        return self.currency is KWD


@dataclass
class Line:
    """A line of the invoice: `amount` is what the shop says, net or gross; `code` is empty for what is no goods.

    A tip is no supply."""

    amount: int
    rate: int
    quantity: int = 1
    code: str = ""
    vat: int = 0
    is_stated: bool = False
    is_supply: bool = True
    fraction: int = 0


@dataclass
class Basket:
    """What is in the order, and the lines that the invoice should have for it.

    `line_discounts` has one for each of the goods; `discount_lines` and `charge_lines` are lines of the invoice alone.
    """

    goods: list[Line]
    line_discounts: list[int]
    order_discount: int = 0
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

    `received` has the amount of each receipt that the invoice must show.
    """

    worksheet: dict[str, Any]
    payments: list[dict[str, Any]]
    document: str
    digits: int
    lines: list[Line]
    method: str
    gross: int
    received: list[int] = field(default_factory=list)
    parks: bool = False


def half_up(numerator: int, denominator: int) -> int:
    """Rounded to a whole number, halves away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion, what is over going to the largest remainders, the earlier first."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    over = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in over[: total - sum(parts)]:
        parts[index] += 1
    return parts


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
    money = _money(rng, gross, gift)
    case = Case(
        worksheet=_worksheet(f"M-{rng.getrandbits(30)}", setting, basket),
        payments=[_payment(one, setting.currency) for one in money],
        document=setting.document,
        digits=setting.currency.digits,
        lines=lines,
        method=setting.method,
        gross=gross - as_line,
        received=[part for one in money if not (as_line and one.kind == "SpendingAccount") for part in one.received],
        parks=gross < 0
        or not is_explained
        or any(one.given_back for one in money)
        or bool(as_line and is_for_other_things),
    )
    if rng.random() < 0.02:
        _spoil(rng, case)
    return case


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
    document = rng.choices(list(DOCUMENTS), (60, 8, 8, 8, 5, 5, 3, 3))[0]
    place = rng.choice(ONE_STOP) if document == "one stop" else rng.choices(PLACES, (40, *[3] * (len(PLACES) - 1)))[0]
    currency = rng.choices(CURRENCIES, (85, 5, 4, 4, 2))[0]
    if document in ("one stop", "with goods") and currency is KWD:
        currency = GBP
    method = rng.choices(("line", "percentage", "unit", "total", "stated", "included"), (40, 15, 5, 15, 10, 15))[0]
    return Setting(document, place, currency, "line" if currency is KWD else method)


def _basket(rng: Random, setting: Setting) -> Basket:
    goods = _goods(rng, setting)
    line_discounts = [0] * len(goods)
    if setting.method != "unit" and rng.random() < 0.3:
        coin = setting.currency.coin
        line_discounts = [rng.randrange(0, 500) * coin if rng.random() < 0.5 else 0 for _ in goods]
    basket = Basket(goods, line_discounts)
    _add_charges(rng, setting, basket)
    _add_discount(rng, setting, basket)
    basket.tax = _add_vat(rng, setting.method, basket.lines)
    return basket


def _goods(rng: Random, setting: Setting) -> list[Line]:
    rates, coin = setting.place.rates, setting.currency.coin
    codes = list(rates)
    count = rng.choices((1, 2, 3, 5, 12, 1000), (300, 250, 200, 150, 50, 0.2))[0]
    goods = []
    for _ in range(count):
        code = rng.choice(codes) if rng.random() < 0.4 else codes[0]
        quantity = rng.choice((1, 1, 1, 2, 3, 4, 6, 12, 100))
        unit = 0 if rng.random() < 0.04 else rng.randrange(1, rng.choice((100, 3000, 60_000))) * coin
        uneven = setting.method != "unit" and coin == 1 and rng.random() < 0.15
        amount = quantity * unit + (rng.randrange(0, quantity) if uneven else 0)
        goods.append(Line(amount, rates[code], quantity, code))
    if setting.method == "percentage" and coin == 1 and count > 1 and rng.random() < 0.2:
        first, second = goods[0], goods[1]
        second.rate, second.code = first.rate, first.code
        second.amount = max(second.amount, 1)
        first.fraction = rng.randrange(1, 10_000)
        second.fraction = -first.fraction
    return goods


def _add_discount(rng: Random, setting: Setting, basket: Basket) -> None:
    """Perhaps some of the goods off: a line for each treatment in proportion."""
    whole = sum(one.amount for one in basket.goods)
    if setting.is_coarse or rng.random() < 0.75 or whole < 2 or any(one.fraction for one in basket.goods):
        return
    basket.order_discount = whole if rng.random() < 0.03 else rng.randrange(1, whole)
    if basket.order_discount == basket.charges.get("ShippingCost"):
        basket.order_discount -= 1
    groups = _sums_by_treatment(basket.goods, setting.place)
    for (code, rate), part in zip(groups, shares(basket.order_discount, list(groups.values())), strict=True):
        if part:
            basket.discount_lines.append(Line(-part, rate, code=f"-{code}"))


def _sums_by_treatment(goods: Sequence[Line], place: Place) -> dict[tuple[str, int], int]:
    """What the goods of each treatment come to; all exports are one."""
    sums: dict[tuple[str, int], int] = {}
    for one in goods:
        key = ("", 0) if place.one_group else (one.code, one.rate)
        sums[key] = sums.get(key, 0) + one.amount
    return {key: amount for key, amount in sums.items() if amount}


def _add_charges(rng: Random, setting: Setting, basket: Basket) -> None:
    """Perhaps delivery, fees and gratuity, with the lines they make."""
    rates, coin = setting.place.rates, setting.currency.coin
    basket.charges = {"ShippingCost": 0, "Fees": 0, "Gratuity": 0}
    if rng.random() < 0.6:
        amount = rng.choice((495, 350, 1200, rng.randrange(1, 3000))) * coin
        if not (any(one.fraction for one in basket.goods) and setting.document == "with goods"):
            basket.charges["ShippingCost"] = amount
            basket.charge_lines += _delivery_lines(amount, setting, basket.goods)
    if rng.random() < 0.1:
        basket.charges["Fees"] = rng.randrange(1, 500) * coin
        basket.charge_lines.append(Line(basket.charges["Fees"], rates["STD"]))
    if rng.random() < 0.1 and "ZERO" in rates:
        basket.charges["Gratuity"] = rng.randrange(1, 500) * coin
        basket.charge_lines.append(Line(basket.charges["Gratuity"], 0, is_supply=False))


def _delivery_lines(amount: int, setting: Setting, goods: Sequence[Line]) -> list[Line]:
    """Delivery is of the standard class, or it follows the goods, those without a price by the first of them."""
    if setting.document not in ("with goods", "highest"):
        return [Line(amount, setting.place.rates["STD"])]
    priced = [one for one in goods if one.amount or one.fraction]
    groups = _sums_by_treatment(goods, setting.place)
    if setting.document == "with goods" and groups:
        parts = shares(amount, list(groups.values()))
        return [Line(part, rate) for (_, rate), part in zip(groups, parts, strict=True) if part]
    return [Line(amount, max((one.rate for one in priced), default=goods[0].rate))]


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


def _worksheet(order_id: str, setting: Setting, basket: Basket) -> dict[str, Any]:
    """The order as the shop sends it, with its total."""
    place, money = setting.place, setting.currency.money
    address = {"FirstName": "Ada", "Street1": "1 High St", "City": "X", "Zip": place.postcode, "Country": place.country}
    items = [
        _line_item(f"{position}", one, discount, setting) | {"ShippingAddress": address}
        for position, (one, discount) in enumerate(zip(basket.goods, basket.line_discounts, strict=True))
    ]
    subtotal = sum((item["LineSubtotal"] for item in items), Decimal(0))
    _put_in_bundle(items, setting.document)
    added = 0 if setting.method == "included" else basket.tax
    promotions = sum(basket.line_discounts) + basket.order_discount
    return {
        "Order": {
            "ID": order_id,
            "FromUser": {"ID": "ada", "FirstName": "Ada", "LastName": "Field", "xp": {"VatNumber": place.vat_number}},
            "FromCompanyID": "retail",
            "BillingAddress": address,
            "Status": "Open",
            "DateSubmitted": "2026-11-20T09:00:00Z",
            "Subtotal": subtotal,
            "TaxCost": money(added),
            "PromotionDiscount": money(promotions),
            "Currency": setting.currency.code,
            "Total": subtotal + money(sum(basket.charges.values()) + added - promotions),
            "xp": {"PricesIncludeVat": True} if setting.method == "included" else {},
        }
        | {name: money(amount) for name, amount in basket.charges.items()},
        "LineItems": items,
    }


def _line_item(position: str, one: Line, discount: int, setting: Setting) -> dict[str, Any]:
    money = setting.currency.money
    subtotal = money(one.amount + discount) + money(one.fraction).scaleb(-4)
    xp: dict[str, Any] = {"VatAmount": money(one.vat)} if one.is_stated else {}
    if setting.place.supply:
        xp["Supply"] = setting.place.supply
    return {
        "ID": f"L{position}",
        "ProductID": f"P{position}",
        "Quantity": one.quantity,
        "UnitPrice": subtotal / one.quantity,
        "LineSubtotal": subtotal,
        "PromotionDiscount": money(discount),
        "Product": {"ID": f"P{position}", "Name": "Thing", "xp": {"TaxCode": one.code}},
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
    return Line(-gift if setting.method == "included" else vat - gift, UK["STD"], vat=-vat)


@dataclass
class Paid:
    """A payment of the shop: each transaction by type and amount, and the amounts of the receipts it should make."""

    name: str
    kind: str
    amount: int
    transactions: list[tuple[str, int, bool]] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    given_back: bool = False

    def capture(self, amount: int) -> None:
        self.transactions.append(("CreditCardCapture", amount, True))
        self.received.append(amount)


def _money(rng: Random, gross: int, gift: int) -> list[Paid]:
    """A gift card if there is one; and perhaps a card: charged at once or in parts, authorised, voided, refunded."""
    paid = [Paid("G", "SpendingAccount", gift, received=[gift])] if gift else []
    rest = gross - gift
    if rest <= 0 or rng.random() >= 0.7:
        return paid
    if rng.random() < 0.1:
        voided = [("CreditCard", rest, True), ("CreditCardVoidAuthorization", rest, True)]
        paid.append(Paid("V", "CreditCard", rest, voided))
    card = Paid("C", "CreditCard", rest, [("CreditCardAuthorization", rest, rng.random() < 0.8)])
    if rng.random() < 0.2:
        card.transactions.append(("CreditCardCapture", rest, False))
    if rng.random() < 0.85:
        captured = rest if rng.random() < 0.8 else rng.randrange(1, rest + 1)
        for part in _parts(rng, captured):
            card.capture(part)
    if card.received and rng.random() < 0.05:
        card.transactions.append((rng.choice(("CreditCardRefund", "Refund")), rng.choice((-1, 1)), True))
        card.given_back = True
    if card.received and rng.random() < 0.1:
        card.transactions.append(("CreditCardVoidAuthorization", rest, True))
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
            for number, (kind, amount, succeeded) in enumerate(paid.transactions)
        ],
    }


def _spoil(rng: Random, case: Case) -> None:
    """Makes the order one that nobody can explain: its total is off, or its VAT by more than rounding."""
    order = case.worksheet["Order"]
    case.parks = True
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


def faults(case: Case) -> str:
    """What is wrong with the bridge's invoice for the case; empty if nothing."""
    rules = rules_of(case.document)
    try:
        worksheet = wire.Worksheet.model_validate(case.worksheet)
        order = canonical_order(worksheet, [wire.Payment.model_validate(one) for one in case.payments], rules)
        made = invoice_draft(order, rules)
    except PermanentError as error:
        return "" if case.parks else f"refused: {error}"
    if case.parks:
        return "posted, though it adds up to nothing"
    if case.document == "one stop":
        return _faults_abroad(case, made)
    fault = _differences(case, made)
    return fault if fault or case.method == "line" else _faults_in_accounts(made)


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


def _differences(case: Case, made: InvoiceDraft) -> str:
    minor = 10**case.digits
    if made.gross * minor != case.gross or made.net + made.vat != made.gross:
        return f"comes to {made.net} + {made.vat} = {made.gross}, not {case.gross}"
    if made.vat * minor != sum(one.vat for one in case.lines) and case.method in ("line", "unit", "stated", "included"):
        return f"holds {made.vat} VAT"
    if [one.amount * minor for one in made.payments] != case.received:
        return f"shows {[str(one.amount) for one in made.payments]}, not {case.received} received"
    if len(made.lines) != len(case.lines):
        return f"has {len(made.lines)} lines, not {len(case.lines)}"
    for position, (line, one) in enumerate(zip(made.lines, case.lines, strict=True), start=1):
        fault = _line_fault(case, line, one, minor)
        if fault:
            return f"line {position} {fault}: {line}"
    return ""


def _line_fault(case: Case, line: InvoiceLine, one: Line, minor: int) -> str:
    net, vat = int(line.net * minor), int(line.vat * minor)
    hundredth = int(line.rate * 100)
    if line.rate * 100 != hundredth or line.net != line.quantity * line.rate:
        return "is not quantity times a rate of two decimals"
    if line.vat_level * 10 != one.rate:
        return f"should be taxed at {one.rate / 10} %"
    if net + vat != one.amount if case.method == "included" else abs(net - one.amount) > bool(one.fraction):
        return f"should be {one.amount}"
    exact_by_line = case.method in ("line", "included") or one.is_stated
    slack = (one.quantity + 1) // 2 + 1 if case.method == "unit" else 1
    if vat != one.vat if exact_by_line else abs(vat - one.vat) > slack:
        return f"should hold {one.vat} VAT"
    if line.quantity > 1:
        by_unit = half_up(hundredth * one.rate, 1000) * line.quantity
        by_line = half_up(hundredth * line.quantity * one.rate, 1000)
        if not int(line.vat * 100) == by_unit == by_line:
            return "has another VAT in one of KashFlow's two ways"
    return ""
