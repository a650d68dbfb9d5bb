"""What all workers share about one outside system: turns within its call budget, pauses, session and login."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..tables.items import moment_text
from .logins import LoginRecord

_NEVER = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
LANE_KEPT_FOR = timedelta(seconds=120)
MOST_CALLS_OF_A_TURN = 2
_LANE = "lane"
_LONGEST_WAIT_SECONDS = 20


@dataclass(frozen=True)
class Budget:
    """The most calls that all workers together may make to a system."""

    calls_per_second: float
    parallel_calls: int

    @property
    def spacing(self) -> timedelta:
        """The time between the starts of two calls."""
        return timedelta(seconds=1 / self.calls_per_second)

    @property
    def lanes(self) -> int:
        """The number of lanes. With a slow budget they are fewer, so that no call waits in its lane for long."""
        return min(self.parallel_calls, max(1, int(self.calls_per_second * _LONGEST_WAIT_SECONDS)))

    @property
    def farthest(self) -> timedelta:
        """How far ahead a start may be promised: so many for each lane. Beyond it, a clock is wrong."""
        return self.spacing * self.lanes * MOST_CALLS_OF_A_TURN


@dataclass(frozen=True)
class Access:
    """The shared record. Moments are aware UTC. A field is parsed when it is used: most calls use only a few."""

    item: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def token(self) -> str:
        return str(self.item.get("token", ""))

    @property
    def generation(self) -> int:
        """A number that grows with every login."""
        return int(self.item.get("generation", 0))

    @property
    def started_at(self) -> datetime:
        return self._moment("started_at")

    @property
    def held_until(self) -> datetime:
        return self._moment("held_until")

    @property
    def is_pause_asked_for(self) -> bool:
        """Whether the system asked for the pause until `held_until`; if not, it had failed several times in a row."""
        return bool(self.item.get("is_pause_asked_for", False))

    @property
    def locked_until(self) -> datetime:
        return self._moment("locked_until")

    @property
    def refused_secret_version(self) -> str:
        return str(self.item.get("refused_secret_version", ""))

    @property
    def turned_away_version(self) -> str:
        """The version of the secret that was turned away, although nothing says that it is wrong."""
        return str(self.item.get("turned_away_version", ""))

    @property
    def turned_away_times(self) -> int:
        """How often in a row it was turned away."""
        return int(self.item.get("turned_away_times", 0))

    @property
    def turned_away_until(self) -> datetime:
        """No login with it before then."""
        return self._moment("turned_away_until")

    @property
    def next_at(self) -> datetime:
        """When the next call may begin."""
        return _NEVER + int(self.item.get("next_at", 0)) * _MICROSECOND

    @property
    def background_held_until(self) -> datetime:
        """Until then background work makes no calls, because other work is waiting for a turn."""
        return self._moment("background_held_until")

    @property
    def failures(self) -> int:
        """How many calls in a row have failed."""
        return int(self.item.get("failures", 0))

    def taken_lanes(self, now: datetime) -> set[int]:
        """Lanes of calls under way. A call keeps its lane until it ends or, if its worker died, until time is up."""
        after, until = moment_text(now), moment_text(now + LANE_KEPT_FOR)
        return {
            int(name.removeprefix(_LANE))
            for name, kept_until in self.item.items()
            if name.startswith(_LANE) and after < kept_until <= until
        }

    def _moment(self, name: str) -> datetime:
        value = self.item.get(name)
        return datetime.fromisoformat(str(value)) if value else _NEVER


@dataclass(frozen=True)
class Wish:
    """The turn that a worker would like: its lane, its calls, and whether it lets other work go first."""

    lane: int
    calls: int = 1
    is_background: bool = False


@dataclass(frozen=True)
class Turn:
    """The right to make some calls, one after the other, the first from `begins_at` on.

    Their lane is kept until `until`. `access` is the record as it was when the turn was taken.
    """

    lane: int
    begins_at: datetime
    until: datetime
    access: Access


class AccessStore(LoginRecord):
    """One item of the ledger table for each outside system."""

    def read(self) -> Access:
        return Access(self._items.read(self._key) or {})

    def take_turn(self, wish: Wish, budget: Budget, now: datetime, *, has_queue: bool) -> Turn | None:
        """Take a lane and the next starts, one for each of the turn's calls; None if the record is not as believed.

        `has_queue`: whether earlier turns still wait for their start.
        """
        lane = wish.lane
        spacing, moment = wish.calls * budget.spacing // _MICROSECOND, _microseconds(now)
        until = now + LANE_KEPT_FOR
        name = f"{_LANE}{lane}"
        condition = (
            f"(attribute_not_exists({name}) OR {name} <= :now OR {name} > :until) AND "
            "(attribute_not_exists(held_until) OR held_until <= :now) AND "
        )
        if has_queue:
            condition += "next_at >= :moment AND next_at <= :farthest"
        else:
            condition += "(attribute_not_exists(next_at) OR next_at < :moment OR next_at > :farthest)"
        if wish.is_background:
            condition += " AND (attribute_not_exists(background_held_until) OR background_held_until <= :now)"
        item = self._update(
            f"SET {name} = :until, next_at = " + ("next_at + :following" if has_queue else ":following"),
            condition,
            {
                ":until": moment_text(until),
                ":now": moment_text(now),
                ":moment": moment,
                ":farthest": moment + budget.farthest // _MICROSECOND,
                ":following": spacing if has_queue else moment + spacing,
            },
        )
        if item is None:
            return None
        access = Access(item)
        return Turn(lane, access.next_at - spacing * _MICROSECOND, until, access)

    def end_turn(self, turn: Turn, *, has_failed: bool | None) -> Access | None:
        """Give the lane back; None if another call has it by now. A successful call resets the count of failures."""
        counted: dict[bool | None, tuple[str, dict[str, int]]] = {
            True: (" ADD failures :one", {":one": 1}),
            False: (" SET failures = :none", {":none": 0}),
            None: ("", {}),
        }
        clause, values = counted[has_failed]
        item = self._update(
            f"REMOVE {_LANE}{turn.lane}{clause}",
            f"{_LANE}{turn.lane} = :until",
            {":until": moment_text(turn.until)} | values,
        )
        return None if item is None else Access(item)

    def hold_background(self, until: datetime) -> None:
        """Hold background calls back until then, because other work is waiting for a turn."""
        self._update("SET background_held_until = :until", "", {":until": moment_text(until)})

    def hold(self, until: datetime, *, is_asked_for: bool) -> None:
        """Hold all the stack's calls back until then, or longer if that was already decided.

        `is_asked_for`: the system asked for it.
        """
        self._update(
            "SET held_until = :until, is_pause_asked_for = :asked",
            "attribute_not_exists(held_until) OR held_until < :until",
            {":until": moment_text(until), ":asked": is_asked_for},
        )


def _microseconds(moment: datetime) -> int:
    return (moment - _NEVER) // _MICROSECOND
