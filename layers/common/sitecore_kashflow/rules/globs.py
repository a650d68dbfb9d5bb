"""Patterns of a rules document: `*` stands for any signs or none, `?` for one. No pattern takes long to compare."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_OTHER = "\0"
"""Stands for every sign that no pattern names."""
_MOST_STEPS = 2_000

_WORD = {"type": ["string", "integer", "boolean"]}


def _one_or_several(value: object) -> object:
    """A single word is a list of one; numbers, `true` and `false` are words, too."""
    if not isinstance(value, list | tuple):
        value = [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) if isinstance(one, int) else one for one in value]


def _plain(pattern: str) -> str:
    if "[" in pattern or "]" in pattern:
        raise ValueError("a pattern has `*` for any signs and `?` for one, and no brackets")
    return pattern


OneOrSeveral = (
    BeforeValidator(_one_or_several),
    WithJsonSchema({"anyOf": [_WORD, {"type": "array", "items": _WORD}]}),
)
Pattern = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_plain)]
Patterns = Annotated[tuple[Pattern, ...], *OneOrSeveral]


def matches(word: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is for the word, in any letter case."""
    folded = word.casefold()
    return any(fnmatchcase(folded, pattern.casefold()) for pattern in patterns)


def covers(wide: str, narrow: str) -> bool:
    """Whether `wide` is for every word that `narrow` is for. False also where that takes too long to find out."""
    wide, narrow = wide.casefold(), narrow.casefold()
    if not {"*", "?"} & set(narrow):
        return fnmatchcase(narrow, wide)
    signs = {*wide, *narrow, _OTHER} - {"*", "?"}
    start = (_ready(narrow, {0}), _ready(wide, {0}))
    seen, todo = {start}, [start]
    while todo:
        at_narrow, at_wide = todo.pop()
        if len(narrow) in at_narrow and len(wide) not in at_wide:
            return False
        for sign in signs:
            found = (_step(narrow, at_narrow, sign), _step(wide, at_wide, sign))
            if found[0] and found not in seen:
                seen.add(found)
                todo.append(found)
        if len(seen) > _MOST_STEPS:
            return False
    return True


def _step(pattern: str, places: Iterable[int], sign: str) -> frozenset[int]:
    """Where in a pattern one may be after a sign."""
    moved: set[int] = set()
    for place in places:
        if place < len(pattern) and pattern[place] in ("*", "?", sign):
            moved.add(place if pattern[place] == "*" else place + 1)
    return _ready(pattern, moved)


def _ready(pattern: str, places: set[int]) -> frozenset[int]:
    """The same places, and those after a `*`, which may stand for nothing."""
    todo = list(places)
    while todo:
        place = todo.pop()
        if place < len(pattern) and pattern[place] == "*" and place + 1 not in places:
            places.add(place + 1)
            todo.append(place + 1)
    return frozenset(places)
