"""The company every sandbox starts with: a VAT-registered UK shop with an empty sales ledger."""

from decimal import Decimal
from typing import NamedTuple

USERNAME = "api@shop.example"
PASSWORD = "sandbox-password"
MEMORABLE_WORD = "sandbox"
COMPANY = "Sandbox Shop Ltd"
HOME_CURRENCY = "GBP"
DEFAULT_NOMINAL = 4000
DEFAULT_VAT_RATE = Decimal(20)

FIRST_IDS = {
    "customer": 812345,
    "contact": 71001,
    "invoice": 5519001,
    "payment": 53,
    "product": 77120,
    "nominal": 9123,
    "vat_rate": 301,
    "bulk_payment": 1,
    "transaction": 90001,
    "source": 11,
    "journal": 1,
    "journal_line": 40001,
}
FIRST_INVOICE_NUMBER = 1001

# code, name, type, digital service
NOMINALS = (
    (1200, "Current account", "Bank", False),
    (1202, "PayPal", "Bank", False),
    (1210, "Stripe", "Bank", False),
    (1211, "Stripe, euros", "Bank", False),
    (1220, "Gift cards redeemed", "Bank", False),
    (4000, "Sales", "Turnover", False),
    (4001, "Delivery and other charges", "Turnover", False),
    (2110, "Gift cards sold", "Current Liability", False),
    (2115, "Deposits held", "Current Liability", False),
    (2119, "Customers' money on account", "Current Liability", False),
    (2120, "Gratuities held", "Current Liability", False),
    (2205, "EU VAT payable", "Current Liability", False),
    (4010, "Digital downloads", "Turnover", True),
    (4020, "Sales, zero-rated", "Turnover", False),
    (4030, "Sales, exempt", "Turnover", False),
    (4040, "Sales abroad", "Turnover", False),
    (4050, "Sales under One Stop Shop, net", "Turnover", False),
    (4900, "Other income", "Turnover", False),
    (5000, "Cost of goods", "Cost of Sale", False),
    (7905, "Processing fees", "Expense", False),
    (7910, "Dispute fees", "Expense", False),
    (7906, "Currency gains and losses", "Expense", False),
    (9998, "Other sales", "Turnover", False),
)

VAT_RATES = ((Decimal(20), "Standard rate"), (Decimal(5), "Reduced rate"), (Decimal(0), "Zero rate"))

# id, code, name, symbol, symbol on the right, foreign units per pound
CURRENCIES = (
    (1, "GBP", "British Pound", "£", False, Decimal(1)),
    (2, "EUR", "Euro", "€", False, Decimal("1.15")),
    (3, "USD", "US Dollar", "$", False, Decimal("1.30")),
    (4, "JPY", "Japanese Yen", "¥", False, Decimal(190)),
)

PAYMENT_METHODS = (
    (409844, "Card"),
    (409845, "Bank transfer"),
    (409846, "PayPal"),
    (409847, "Cheque"),
    (409848, "Gift card"),
)

# id, name, nominal code, default account, default payment method
BANK_ACCOUNTS = (
    (55166, "Current account", 1200, True, 409844),
    (55167, "PayPal", 1202, False, 409846),
    (55168, "Gift cards redeemed", 1220, False, 409848),
    (55169, "Stripe", 1210, False, 409844),
    (55170, "Stripe, euros", 1211, False, 409844),
)


class Stock(NamedTuple):
    """How many there are, and at how many KashFlow warns."""

    quantity: int
    warning: int


class Product(NamedTuple):
    """A product under its nominal; without `stock`, its level is not managed."""

    nominal: int
    code: str
    name: str
    price: Decimal
    stock: Stock | None = None


PRODUCTS = (
    Product(4000, "MUG-B", "Blue mug", Decimal(10), Stock(41, 5)),
    Product(4000, "MUG-R", "Red mug", Decimal(10), Stock(3, 5)),
    Product(4000, "TEE-M", "T-shirt, medium", Decimal("14.17"), Stock(120, 10)),
    Product(4000, "GIFTWRAP", "Gift wrapping", Decimal("2.50")),
    Product(4010, "EBOOK-1", "Tea, a handbook", Decimal("7.99")),
)

SOURCES = ("Web shop", "Telephone", "Market place")

# code, name, in the EU
COUNTRIES = (
    ("GB", "United Kingdom", False), ("AT", "Austria", True), ("BE", "Belgium", True),
    ("BG", "Bulgaria", True), ("HR", "Croatia", True), ("CY", "Cyprus", True),
    ("CZ", "Czech Republic", True), ("DK", "Denmark", True),
    ("EE", "Estonia", True), ("FI", "Finland", True), ("FR", "France", True), ("DE", "Germany", True),
    ("EL", "Greece", True), ("HU", "Hungary", True), ("IE", "Ireland", True), ("IT", "Italy", True),
    ("LV", "Latvia", True), ("LT", "Lithuania", True), ("LU", "Luxembourg", True), ("MT", "Malta", True),
    ("NL", "Netherlands", True), ("PL", "Poland", True), ("PT", "Portugal", True), ("RO", "Romania", True),
    ("SK", "Slovakia", True), ("SI", "Slovenia", True), ("ES", "Spain", True), ("SE", "Sweden", True),
    ("AU", "Australia", False), ("CA", "Canada", False), ("CH", "Switzerland", False), ("CN", "China", False),
    ("GG", "Guernsey", False), ("IM", "Isle of Man", False), ("JE", "Jersey", False), ("JP", "Japan", False),
    ("NO", "Norway", False), ("NZ", "New Zealand", False), ("US", "United States", False),
)  # fmt: skip
