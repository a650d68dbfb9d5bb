"""The states of each order on its way, as its record has shown them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.simulation.dynamo import Item

FORWARD = ("received", "waiting", "opened", "invoiced", "paid")
"""An order goes this way only. `parked` may come in between; after an end it may begin again."""
_ENDS = ("cancelled", "abandoned")


class History:
    """`owed` tells what the books say is due of the invoice under a reference; None without such an invoice.

    `waits_again`: after a deposit an order waits for the rest.
    """

    waits_again = False

    def __init__(self, owed: Callable[[str], Decimal | None]) -> None:
        self._owed = owed
        self._states: dict[str, list[str]] = defaultdict(list)
        self._wrong: list[str] = []

    def note(self, at: tuple[Any, ...], item: Item) -> None:
        """An item is written."""
        state = item.get("state")
        if state is None or at[1] != "STATE":
            return
        states = self._states[at[0]]
        if states and states[-1] == state:
            return
        states.append(state)
        if state == "paid" and at[0].startswith("ORDER#ordercloud:"):
            owed = self._owed(at[0].partition(":")[2])
            if owed != 0:
                self._wrong.append(f"{at[0]}: paid while {owed} is due")

    def violations(self) -> Iterator[str]:
        yield from self._wrong
        for order, states in self._states.items():
            if not _goes_forward(states, waits_again=self.waits_again):
                yield f"{order}: went back, {' -> '.join(states)}"


def _goes_forward(states: list[str], *, waits_again: bool) -> bool:
    farthest = 0
    for state in states:
        if waits_again and state == "waiting" and farthest == FORWARD.index("opened"):
            farthest = 0
        if state in FORWARD and FORWARD.index(state) < farthest:
            return False
        farthest = 0 if state in _ENDS else max(farthest, FORWARD.index(state) if state in FORWARD else 0)
    return True
