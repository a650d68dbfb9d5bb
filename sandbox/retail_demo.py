"""A small assortment of invented orders that shows every kind of VAT, discount, currency and payment."""

from dataclasses import replace
from decimal import Decimal

from sandbox.retail_order import ZERO, Address, Customer, OrderLine, PaymentKind, RetailOrder

_MUG = OrderLine("MUG", "Enamel mug", 2, Decimal("8.33"))
_LAMP = OrderLine("LAMP", "Reading lamp", 1, Decimal("41.67"))
_TEAPOT = OrderLine("TEAPOT", "Teapot, stoneware", 1, Decimal("24.99"))
_SEAT = OrderLine("CHILD-SEAT", "Child car seat", 1, Decimal("89.50"), "RED")
_BOOK = OrderLine("BOOK", "Baking for beginners", 3, Decimal("7.99"), "ZERO")
_APRON = OrderLine("CHILD-APRON", "Child's apron", 2, Decimal("6.45"), "ZERO")
_GIFT = OrderLine("GIFT", "Gift wrap", 1, ZERO)

_SIAN = Customer(
    "retail", "Retail customers", "sian", "Siân", "O'Brien", "sian@customers.example",
    Address("sian-home", "4 Mill Lane", "Cardiff", "CF10 1AA", "GB"),
)  # fmt: skip
_ZOE = Customer(
    "retail", "Retail customers", "zoe", "Zoë", "Müller-Hughes", "zoe@customers.example",
    Address("zoe-home", "18 Chapel Row", "Leeds", "LS1 4AP", "GB"),
)  # fmt: skip
_GUEST = Customer(
    "retail", "Retail customers", "guest", "André", "Castañeda", "andre@customers.example",
    Address(None, "77 Harbour View", "Douglas", "IM1 2BG", "IM"),
)  # fmt: skip
_TEAROOMS = Customer(
    "ashworth", "Ashworth Tea Rooms Ltd", "orders", "Beryl", "Ashworth", "orders@ashworth.example",
    Address("ashworth-hq", "1 High Street", "Bath", "BA1 5AW", "GB", company="Ashworth Tea Rooms Ltd"),
    xp={"VatNumber": "GB999999973"},
)  # fmt: skip
_PORTLAND = Customer(
    "retail", "Retail customers", "grace", "Grace", "Nakamura", "grace@customers.example",
    Address("grace-home", "900 SW 5th Ave", "Portland", "97204", "US", state="OR"),
)  # fmt: skip
_ORLEANS = Customer(
    "evrard", "Évrard & Fils SARL", "achats", "Françoise", "Évrard", "achats@evrard.example",
    Address("evrard-siege", "12 rue de la Paix", "Orléans", "45000", "FR", company="Évrard & Fils SARL"),
    xp={"VatNumber": "FR40303265045"},
)  # fmt: skip
_KOELN = Customer(
    "retail-eu", "Retail customers, euro", "juergen", "Jürgen", "Rössler", "juergen@customers.example",
    Address("juergen-home", "Domkloster 4", "Köln", "50667", "DE"), "EUR",
)  # fmt: skip

_ASSORTMENT = (
    RetailOrder("mug", _SIAN, (_MUG,), Decimal("4.95")),
    RetailOrder("mixed", _ZOE, (_LAMP, _SEAT, _BOOK), Decimal("6.50"), payment=PaymentKind.AUTHORISED),
    RetailOrder(
        "on-account", _TEAROOMS,
        (replace(_MUG, quantity=48), replace(_TEAPOT, quantity=12), replace(_APRON, quantity=10)),
        Decimal("15.00"), payment=PaymentKind.PURCHASE_ORDER, xp={"PONumber": "4500017"},
    ),
    RetailOrder("line-promotion", _SIAN, (replace(_LAMP, discount=Decimal("4.17")), _MUG), Decimal("4.95")),
    RetailOrder(
        "order-promotion", _ZOE, (_TEAPOT, _SEAT, _BOOK, _APRON), Decimal("6.50"), Decimal("10.00"),
        completed=True,
    ),
    RetailOrder("guest", _GUEST, (_TEAPOT, _MUG), Decimal("7.25"), xp={"Email": "andre@customers.example"}),
    RetailOrder("export", _PORTLAND, (_LAMP, _BOOK), Decimal("22.40")),
    RetailOrder(
        "eu-business", _ORLEANS, (replace(_TEAPOT, quantity=24), replace(_LAMP, quantity=6)),
        Decimal("38.00"), payment=PaymentKind.PURCHASE_ORDER,
    ),
    RetailOrder("euro", _KOELN, (replace(_MUG, quantity=6), _BOOK), Decimal("12.90")),
    RetailOrder(
        "everything", _TEAROOMS,
        (_MUG, replace(_LAMP, discount=Decimal("2.00")), _TEAPOT, _SEAT, _BOOK, _APRON),
        Decimal("9.99"), Decimal("7.77"), PaymentKind.AUTHORISED, completed=True,
    ),
    RetailOrder("zero-rated", _SIAN, (_BOOK, _APRON)),
    RetailOrder("free-gift", _ZOE, (_LAMP, _GIFT), tax_rounding="total"),
)  # fmt: skip


def demo_orders(number: int) -> list[RetailOrder]:
    """A number of orders, `D-1001` onwards; after a dozen the assortment repeats in larger quantities."""
    orders = []
    for position in range(number):
        model = _ASSORTMENT[position % len(_ASSORTMENT)]
        more = position // len(_ASSORTMENT)
        lines = tuple(replace(line, quantity=line.quantity + more) for line in model.lines)
        xp = {**model.xp, "Kind": model.order_id}
        orders.append(replace(model, order_id=f"D-{position + 1001}", lines=lines, xp=xp))
    return orders
