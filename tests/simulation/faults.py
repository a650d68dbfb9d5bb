"""Which call goes wrong, and how: nothing, chosen calls, or by a seeded chance."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

Plan = Mapping[int | str, str]
Kinds = Callable[[str], tuple[str, ...]]
"""The faults to try at the next call of a walk, by its site."""
AWS = ("kill_before", "kill_after", "refused", "lost", "again", "frozen")
HTTP = (
    "kill_before",
    "kill_after",
    "refused",
    "reset_before",
    "lost",
    "late",
    "paused",
    "paused_without_time",
    "html_500",
    "html_502_done",
    "database_timeout",
    "database_timeout_done",
    "slow",
    "expired",
    "rotated",
    "frozen",
)
OTHER_HTTP = tuple(kind for kind in HTTP if not kind.startswith("database"))
AWS_ROOMS = ("bucket", "enrichment", "hints", "ledger", "queue", "rules", "secret", "workflow")
LAMBDA = ("throttled", "detached")
QUEUE = ("twice",)
OF_ONE_CALL = {
    "SendMessageBatch": ("some_refused",),
    "TransactPut": ("conflict",),
    "TransactDelete": ("conflict",),
    "Invoke": ("too_many", "failed", "out_of_time", "wrong_answer"),
}
SAME_FOR_READS = ("kill_after", "again", "late", "html_502_done", "database_timeout_done")
"""A read has no effect, so what goes wrong after it is no other than what goes wrong before it."""


def kinds_of(site: str) -> tuple[str, ...]:
    """The faults that may hit a call. A site begins with the room that is called; then comes what is asked of it."""
    room, _, asked = site.partition(" ")
    if room == "lambda":
        return LAMBDA
    kinds = {"kashflow": HTTP, "queue": AWS + QUEUE}.get(room, AWS if room in AWS_ROOMS else OTHER_HTTP)
    kinds += OF_ONE_CALL.get(asked.partition(" ")[0], ())
    if not asked.upper().startswith(("GET", "QUERY")):
        return kinds
    same = SAME_FOR_READS if room in AWS_ROOMS else (*SAME_FOR_READS, "lost")
    return tuple(kind for kind in kinds if kind not in same)


class InTurn:
    """The faults to try at each call of a walk, a few fewer than all.

    Where a walk makes the same call again, one is tried, in turn; but all at a write to one of the two systems.
    """

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def __call__(self, site: str) -> tuple[str, ...]:
        kinds, before = kinds_of(site), self._made[site]
        self._made[site] += 1
        if before == 0 or _writes_outside(site):
            return kinds
        return (kinds[before % len(kinds)],)


def _writes_outside(site: str) -> bool:
    room, _, asked = site.partition(" ")
    return room not in (*AWS_ROOMS, "lambda") and not asked.startswith("GET")


class Faults(Protocol):
    def take(self, site: str) -> str | None:
        """The fault that hits this call, if any."""
        ...


class Chosen:
    """Faults at chosen calls, counted from 0 or named by their site (the first call there); keeps all sites."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.begin(plan or {})

    def begin(self, plan: Plan) -> None:
        """Count from here, by this plan."""
        self._left = dict(plan)
        self.sites: list[str] = []

    def take(self, site: str) -> str | None:
        self.sites.append(site)
        kind = self._left.pop(len(self.sites) - 1, None) or self._left.pop(site, None)
        return kind if kind in kinds_of(site) else None


class Since:
    """Faults from the first call of a name on; all calls before it are sound."""

    def __init__(self, faults: Faults, begins: str) -> None:
        self._faults, self._begins = faults, begins
        self._is_on = False

    def take(self, site: str) -> str | None:
        self._is_on = self._is_on or site == self._begins
        return self._faults.take(site) if self._is_on else None


class Away:
    """One of the two systems is not there."""

    def __init__(self, system: str) -> None:
        self._system = system

    def take(self, site: str) -> str | None:
        return "refused" if site.startswith(self._system) else None


WEIGHTS = {
    "lost": 20,
    "kill_after": 15,
    "kill_before": 10,
    "late": 10,
    "refused": 10,
    "paused": 6,
    "paused_without_time": 4,
    "html_500": 5,
    "html_502_done": 5,
    "reset_before": 5,
    "database_timeout": 3,
    "database_timeout_done": 2,
    "slow": 2,
    "frozen": 2,
    "expired": 1,
    "rotated": 1,
    "some_refused": 10,
    "conflict": 10,
    "again": 5,
    "twice": 5,
    "throttled": 5,
    "detached": 5,
    "too_many": 5,
    "failed": 5,
    "out_of_time": 5,
    "wrong_answer": 5,
}
"""The mixed plan: how often each fault is drawn, relative to the others that may hit the same call."""


class Mixed:
    """The mixed plan: every call goes wrong with a small chance.

    `share` is that of the calls to the outside systems; calls to AWS go wrong a tenth as often.
    """

    def __init__(self, seed: int, share: float, wanted: Callable[[str], bool] = bool) -> None:
        self._random = Random(f"faults {seed}")
        self._share = share
        self._wanted = wanted
        self.played: Counter[str] = Counter()

    def take(self, site: str) -> str | None:
        share = self._share / 10 if site.startswith((*AWS_ROOMS, "lambda")) else self._share
        if self._random.random() >= share:
            return None
        kinds = [one for one in kinds_of(site) if self._wanted(one)]
        if not kinds:
            return None
        (kind,) = self._random.choices(kinds, [WEIGHTS[one] for one in kinds])
        self.played[kind] += 1
        return kind
