"""The books of one company: everything the imitated system remembers, and what it looks up in it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sandbox.kashflow import seed
from sandbox.kashflow.reading import Record
from sandbox.kashflow.refusals import RefusalError
from sandbox.kashflow.shelf import Shelf
from sandbox.kashflow.wording import is_summer_time
from sandbox.shared.switches import Switches


class Books:
    """State only; the verbs live in `customers`, `invoices`, `payments`, `bank`, `journals` and their like."""

    def __init__(self, clock: Callable[[], datetime], random: Random, switches: Switches) -> None:
        self.clock = clock
        self.random = random
        self.switches = switches
        self.customers: Shelf[str] = Shelf(clock)
        self.invoices: Shelf[int] = Shelf(clock)
        self.products: Shelf[tuple[int, str]] = Shelf(clock)
        self.invoice_numbers: list[int] = []
        self.numbers_by_customer: defaultdict[str, set[int]] = defaultdict(set)
        self.bulk_payments: dict[int, Record] = {}
        self.bank_transactions: list[Record] = []
        self.journals: dict[int, Record] = {}
        self.audit: list[Record] = []
        self.latest_entries: dict[tuple[str, int], Record] = {}
        self.lock_date: date | None = None
        self.vat_return_ends: list[date] = []
        self._next = dict(seed.FIRST_IDS)
        self._lay_out_seed()

    def next_id(self, kind: str) -> int:
        """The next number of a series of ids."""
        given = self._next[kind]
        self._next[kind] += 1
        return given

    def guid(self) -> str:
        """A made-up GUID, the same for the same seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def today(self) -> date:
        """The day in the United Kingdom."""
        now = self.clock()
        return (now + timedelta(hours=1)).date() if is_summer_time(now.date()) else now.date()

    def vat_mode(self) -> str:
        """Where VAT is computed: `per_line` (mode 0) or `per_unit` (mode 1)."""
        given = self.switches["vat_amount_given"]
        return self.switches["vat_mode"] if given == "kept" else given.removeprefix("recomputed_")

    def unknown(self, what: str) -> None:
        """Object to something that is not in the account, unless the switch has it stored as given."""
        position = self.switches["unknown_reference"]
        if position != "stored":
            raise RefusalError(int(position.removeprefix("refused_")), f"{what} does not exist")

    def customer_by_code(self, code: str | None) -> Record | None:
        """The customer with this code in any case."""
        return self.customers.get(code.lower()) if code else None

    def invoices_of(self, customer_code: str) -> list[Record]:
        """The invoices of a customer by number."""
        held = (self.invoices.get(number) for number in sorted(self.numbers_by_customer[customer_code.lower()]))
        return [invoice for invoice in held if invoice is not None]

    def invoice_by_id(self, invoice_id: int) -> Record | None:
        """The invoice with this Id (not Number)."""
        return next((invoice for invoice in self.invoices if invoice["Id"] == invoice_id), None)

    def currency(self, code: str) -> Record | None:
        """An enabled currency."""
        return next((currency for currency in self.currencies if currency["Code"] == code.upper()), None)

    def nominal(self, code: int | None) -> Record | None:
        """A nominal account."""
        return self.nominals.get(code) if code is not None else None

    def bank_account(self, account_id: int | None) -> Record | None:
        """A bank account by Id."""
        return next((account for account in self.bank_accounts if account["Id"] == account_id), None)

    def is_locked(self, day: date) -> bool:
        """Does the period lock cover this day? (Days before the lock date are closed.)"""
        return self.lock_date is not None and day < self.lock_date

    def _lay_out_seed(self) -> None:
        self.nominals: dict[int, Record] = {}
        for code, name, kind, digital in seed.NOMINALS:
            self.nominals[code] = self.new_nominal(code, name, kind, digital)
        self.vat_rates: list[Record] = [
            {"VATId": self.next_id("vat_rate"), "VATRate": rate, "VATText": text} for rate, text in seed.VAT_RATES
        ]
        self.currencies: list[Record] = [
            {"Id": key, "Code": code, "Name": name, "Symbol": symbol, "DisplaySymbolOnRight": right,
             "ExchangeRate": rate, "AutoUpdate": False}
            for key, code, name, symbol, right, rate in seed.CURRENCIES
        ]  # fmt: skip
        self.payment_methods: dict[int, str] = dict(seed.PAYMENT_METHODS)
        self.bank_accounts: list[Record] = [self._bank_account(*account) for account in seed.BANK_ACCOUNTS]
        for product in seed.PRODUCTS:
            self._lay_out_product(product)
        self.sources: list[Record] = [
            {"Id": self.next_id("source"), "Name": name, "CostOfSource": Decimal(0)} for name in seed.SOURCES
        ]

    def new_nominal(self, code: int, name: str, kind: str, digital: bool) -> Record:
        """A nominal account with a fresh Id."""
        return {
            "Id": self.next_id("nominal"), "Code": code, "Name": name, "Type": kind,
            "NomType": {"Turnover": 1, "Bank": 3}.get(kind, 2), "Archived": False, "DigitalService": digital,
            "IsProduct": 0, "Price": Decimal(0), "WholeSalePrice": Decimal(0),
            "VATRate": seed.DEFAULT_VAT_RATE, "VATExempt": False, "ManageStockLevel": False,
            "QuantityInStock": 0, "StockWarningQuantity": 0,
            "Classification": kind, "ControlAccountClassification": None, "AllowDelete": True,
            "IncludeInECSalesList": False, "PurchaseNominalCode": 0, "PurchaseSubNominalCode": 0,
            "IRISCoAName": None,
        }  # fmt: skip

    def _bank_account(self, key: int, name: str, code: int, default: bool, method: int) -> Record:
        payment_type = {"Id": method, "Name": self.payment_methods[method]}
        return {
            "Id": key, "AccountName": name, "Code": code, "IsDefaultAccount": default, "IsArchived": False,
            "TransactionLockEnabled": False, "TransactionLockDate": None, "ReconcileDate": None,
            "Order": code - 1199, "Period": 0, "IconId": 0, "LastTransactionImportDate": None,
            "BankFeedsAccountId": 0,
            "DefaultInvoicePaymentType": payment_type, "DefaultPurchasePaymentType": payment_type,
        }  # fmt: skip

    def _lay_out_product(self, product: seed.Product) -> None:
        stock = product.stock or seed.Stock(0, 0)
        record = {
            "Id": self.next_id("product"), "NominalId": self.nominals[product.nominal]["Id"],
            "NominalCode": product.nominal, "Code": product.code, "Name": product.name, "Description": "",
            "Price": product.price, "WholeSalePrice": Decimal(0),
            "VATRate": seed.DEFAULT_VAT_RATE, "VATExempt": False, "ManageStockLevel": product.stock is not None,
            "QuantityInStock": stock.quantity, "StockWarningQuantity": stock.warning, "InUse": True, "IsDefault": False,
            "AutoFillLineItem": True, "PurchaseNominalId": 0, "PurchaseSubNominalId": 0,
        }  # fmt: skip
        self.products.put((product.nominal, product.code.lower()), record)
