"""The states of each order on its way, as its record has shown them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.simulation.dynamo import Item

FORWARD = ("received", "waiting", "opened", "invoiced", "paid", "credited")
"""An order goes this way only. `parked` may come in between; after an end it may begin again.

Once it is settled it may go back as far as `invoiced`, if the books say that something is due again.
"""
_SETTLED = ("invoiced", "paid", "credited")
_ENDS = ("cancelled", "abandoned")


class History:
    """`owed` tells what the books say is due of the documents of an order; None without its invoice.

    `waits_again`: after a deposit an order waits for the rest. `waits_after` is the farthest that it may have come
    then: `invoiced`, where a part that was sent is paid.
    """

    waits_again = False
    waits_after = "opened"

    def __init__(self, owed: Callable[[str], Decimal | None]) -> None:
        self._owed = owed
        self._states: dict[str, list[str]] = defaultdict(list)
        self._due_again: dict[str, set[int]] = defaultdict(set)
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
        if state not in _SETTLED or not at[0].startswith("ORDER#ordercloud:"):
            return
        owed = self._owed(at[0].partition(":")[2])
        if state != "invoiced" and owed != 0:
            self._wrong.append(f"{at[0]}: {state} while {owed} is due")
        if owed:
            self._due_again[at[0]].add(len(states) - 1)

    def violations(self) -> Iterator[str]:
        yield from self._wrong
        for order, states in self._states.items():
            if not self._goes_forward(states, self._due_again[order]):
                yield f"{order}: went back, {' -> '.join(states)}"

    def _goes_forward(self, states: list[str], due_again: set[int]) -> bool:
        farthest = 0
        for at, state in enumerate(states):
            is_part = FORWARD.index("opened") <= farthest <= FORWARD.index(self.waits_after)
            if self.waits_again and state == "waiting" and is_part:
                farthest = 0
            if at in due_again:
                farthest = min(farthest, FORWARD.index("invoiced"))
            if state in FORWARD and FORWARD.index(state) < farthest:
                return False
            farthest = 0 if state in _ENDS else max(farthest, FORWARD.index(state) if state in FORWARD else 0)
        return True
