"""Why another system refused a call, in its own words but without ours: they may quote people's data that we sent."""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_LENGTH = 200
_GAP = "…"
_SHORTEST = 3
_OUR_OWN = {"customer", "invoice", "order", "payment"}  # what the bridge itself writes in notes and references
_WORD = re.compile(r"\w+")
_NAME_PART = re.compile(r"[A-Z]+[a-z]*|[a-z]+")
_EMAIL = re.compile(r"\S+@\S+")


def code_of(told: str, sent: Any) -> str:
    """An error code, cut short and without odd characters; `none` if there is none, or if it quotes what was sent."""
    code = _code(told)
    is_quoted = any(len(text) >= _SHORTEST and text in code.casefold() for text in map(_code, _folded(sent)))
    return "none" if is_quoted or not code else code


def _code(text: str) -> str:
    return "".join(sign for sign in text[:60] if sign.isalnum() or sign in "._-")


def _folded(sent: Any) -> Iterator[str]:
    return (text.casefold() for text in _texts(sent))


def scrubbed(message: str, sent: Any) -> str:
    """A message without anything that was sent, without e-mail addresses and control characters, cut short.

    A text that was sent may come back in part: so its words go too, one by one, and so does what begins or contains
    one. Words of which the names of fields consist, such as `code`, are kept: they say what is wrong.
    """
    texts = {text for text in map(_plain, _texts(sent)) if len(text) >= _SHORTEST}
    shown = _EMAIL.sub(_GAP, _plain(html.unescape(message)))
    for text in sorted(texts, key=len, reverse=True):
        shown = re.sub(re.escape(text), _GAP, shown, flags=re.IGNORECASE)
    names = {word for name in _names(sent) for word in _words(name)}
    words = {word for text in texts for word in _words(text)} - names - _OUR_OWN
    shown = _WORD.sub(lambda found: _GAP if _tells_of(found[0].casefold(), words) else found[0], shown)
    return shown if len(shown) <= _LENGTH else f"{shown[:_LENGTH].rstrip()} {_GAP}"


def _tells_of(word: str, words: set[str]) -> bool:
    return len(word) >= _SHORTEST and any(one in word or one.startswith(word) for one in words)


def _words(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text.casefold()) if len(word) >= _SHORTEST)


def _plain(text: str) -> str:
    """In one Unicode form, on one line, without control characters."""
    kept = "".join(" " if unicodedata.category(sign).startswith("C") else sign for sign in text)
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def _parts(sent: Any) -> Iterator[Any]:
    """A body and all that is in it."""
    yield sent
    if isinstance(sent, Mapping):
        sent = list(sent.values())
    if isinstance(sent, list | tuple):
        for part in sent:
            yield from _parts(part)


def _texts(sent: Any) -> Iterator[str]:
    return (part for part in _parts(sent) if isinstance(part, str))


def _names(sent: Any) -> Iterator[str]:
    """The words of which the names of its fields consist."""
    for part in _parts(sent):
        if isinstance(part, Mapping):
            for name in part:
                yield from _NAME_PART.findall(str(name))
