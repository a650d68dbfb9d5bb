"""A gateway pays out what customers of the simulated shop have paid, and its file comes into the bucket."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.gateway import Gateway
from sandbox.kashflow.bank import balance_of
from sandbox.retail_order import PaymentKind, RetailOrder
from tests.simulation.dynamo import Item

if TYPE_CHECKING:
    from tests.simulation.walks import Day
    from tests.simulation.world import World

RULES = """
version: payouts
payments:
  accounts:
    - {gateway: Stripe, currency: GBP, bank_account: "1210", method: Card}
    - {gateway: Stripe, currency: EUR, bank_account: "1211", method: Card}
payouts: {bank_account: "1200"}
kashflow: {bank_transactions: nominal_code}
"""
CLEARING, CURRENT = 55169, 55166
REFUND = Decimal("12.00")


class PayingOut:
    """The gateway of a world's shop. `files` has each payout that it has told of: its id, amount and fees."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.files: dict[str, Decimal] = {}
        self._gateway = Gateway(world.shop._call)
        world.rules_text = RULES
        world.checks.append(self.violations)

    def pay_out(self, name: str, orders: list[RetailOrder], arrives: date | None = None) -> bytes:
        """A file of all that was paid and given back for these orders since the last one."""
        day = arrives or (self.world.clock() + timedelta(days=2)).date()
        text, self.files[name] = self._gateway.pay_out(
            name, day, self._gateway.movements(order.order_id for order in orders)
        )
        return text.encode()

    def put(self, name: str, file: bytes) -> None:
        self.world.put_file(f"stripe/{name}.csv", file)

    def violations(self) -> list[str]:
        """What is wrong with the clearing account, with what reached the bank, and with the ledger."""
        books = self.world.kashflow.kashflow.books
        account = next(one for one in books.bank_accounts if one["Id"] == CLEARING)
        left = balance_of(books, account)["BankBalance"]
        wrong = [f"{left} is left on the clearing account"] if left else []
        found = Counter(str(one["Comment"]).split()[0] for one in books.bank_transactions)
        wrong += [f"{key} stands {times} times" for key, times in found.items() if times > 1]
        for name, amount in self.files.items():
            arrived = [
                one["PaidOut"]
                for one in books.bank_transactions
                if str(one["Comment"]).startswith(f"{name}-payout ") and one["NominalCode"] == 1200
            ]
            if arrived != [amount]:
                wrong.append(f"payout {name} of {amount}: {arrived} reached the bank")
            item: Item = self.world.tables["LedgerTable"].items.get((f"PAYOUT#stripe:{name}", "STATE"), {})
            state = item.get("state"), item.get("is_open"), item.get("events") == item.get("served")
            if state != ("booked", False, True):
                wrong.append(f"payout {name}: state, held, all served are {state}")
        return wrong


def sold(day: "Day", number: int) -> RetailOrder:
    """An order whose card is charged once its invoice stands."""
    from tests.simulation.drive import an_order  # noqa: PLC0415 -- it imports the world's own modules

    order = an_order(number, 1, PaymentKind.AUTHORISED)
    day.place(order)
    day.world.run()
    day.desk.capture(order, order.total)
    day.world.run()
    return order


def paid_out(day: "Day") -> None:
    """Two orders, one of them refunded in part."""
    gateway = PayingOut(day.world)
    orders = [sold(day, 0), sold(day, 1)]
    day.desk.give_back(orders[1], REFUND)
    day.begin()
    gateway.put("po_1", gateway.pay_out("po_1", orders))


def refund_that_only_the_payout_knows(day: "Day") -> None:
    """No webhook tells of the refund, and no sweep looks."""
    gateway = PayingOut(day.world)
    orders = [sold(day, 0), sold(day, 1)]
    day.world.dropped = 1
    day.desk.give_back(orders[1], REFUND)
    day.world.run()
    day.world.dropped = 0
    day.begin()
    gateway.put("po_1", gateway.pay_out("po_1", orders))
