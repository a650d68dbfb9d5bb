"""One call as the handlers see it, and their reply before it is worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.kashflow import reading
from sandbox.kashflow.refusals import bad_request


@dataclass(frozen=True)
class Call:
    """`parts` are the pieces of the path, `query` has lower-case names, `root` is `http://host` as called."""

    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    root: str
    authorization: str

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number. Raises RefusalError (400)."""
        value = self.query.get(name, "")
        return reading.whole(value, name) if value else default

    def day(self, name: str) -> date | None:
        """A query parameter that is a date. Raises RefusalError (400)."""
        value = self.query.get(name, "")
        return reading.day(value, name) if value else None

    def flag(self, name: str, default: bool) -> bool:
        """A query parameter that is a truth value. Raises RefusalError (400)."""
        value = self.query.get(name, "")
        return reading.flag(value, name) if value else default

    def codes(self) -> list[Any]:
        """The body as a list of keys. Raises RefusalError (400)."""
        if not isinstance(self.body, list):
            raise bad_request("the body must be a list")
        return self.body


@dataclass(frozen=True)
class Reply:
    """`location` is a path below `/v2`; a reply without value has no body."""

    value: Any = None
    status: int = 200
    location: str | None = None
    delay_seconds: float = 0


NO_CONTENT = Reply(status=204)
