"""Switches: every point on which the facts (docs/facts/) are not sure has a name and a few positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class UnknownSwitchError(ValueError):
    """No such switch, or no such position; the text lists what is allowed."""


@dataclass(frozen=True)
class Switch:
    """One uncertain behaviour. `positions` has the default first."""

    name: str
    positions: tuple[str, ...]
    meaning: str


class Switches:
    """The positions in force: `switches["next_page_url"] == "absolute"`."""

    def __init__(self, definitions: Iterable[Switch], at_start: Mapping[str, str] | None = None) -> None:
        self._definitions = {switch.name: switch for switch in definitions}
        self._at_start = self._checked(at_start or {})
        self._positions: dict[str, str] = {}
        self.reset()

    def __getitem__(self, name: str) -> str:
        return self._positions[name]

    def positions(self) -> dict[str, str]:
        """Every switch with its present position."""
        return dict(self._positions)

    def put(self, wanted: object) -> dict[str, str]:
        """Turn the named switches, all or none, and give every position. Raises UnknownSwitchError."""
        self._positions = {**self._positions, **self._checked(wanted)}
        return self.positions()

    def reset(self) -> None:
        """Back to the positions the server was started with."""
        defaults = {name: switch.positions[0] for name, switch in self._definitions.items()}
        self._positions = {**defaults, **self._at_start}

    def _checked(self, wanted: object) -> dict[str, str]:
        if not isinstance(wanted, Mapping):
            raise UnknownSwitchError('switches are an object: {"name": "position"}')
        for name, position in wanted.items():
            if name not in self._definitions:
                raise UnknownSwitchError(f"no switch {name!r}; there are: {', '.join(sorted(self._definitions))}")
            allowed = self._definitions[name].positions
            if position not in allowed:
                raise UnknownSwitchError(f"switch {name!r} has no position {position!r}; it has: {', '.join(allowed)}")
        return {name: str(position) for name, position in wanted.items()}


def switch_table(definitions: Iterable[Switch]) -> str:
    """A markdown table of the switches, the default position in bold."""
    rows = ["| switch | positions (default in bold) | meaning |", "| --- | --- | --- |"]
    for switch in definitions:
        default, *others = switch.positions
        positions = ", ".join([f"**`{default}`**", *(f"`{position}`" for position in others)])
        rows.append(f"| `{switch.name}` | {positions} | {switch.meaning} |")
    return "\n".join(rows)
