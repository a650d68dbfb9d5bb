"""Text that KashFlow accepts: NFC, without control characters or signs that nobody sees, not too long (KF-24)."""

import unicodedata

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 1000

_BLANKS = frozenset(("Cc", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"
"""They shape the letters beside them, in Persian and Hindi for example; anywhere else they are invisible signs."""
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers that Unicode does not count as format signs, and that show nothing."""


def clean(text: str, length: int = NAME_LENGTH) -> str:
    """`text` on one line, normalised, without signs that nobody sees, cut to at most `length` characters."""
    folded = tidy(text)
    return folded if len(folded) <= length else folded[: length - 1].rstrip() + "…"


def identifier(text: str, length: int = NAME_LENGTH) -> str:
    """A value that must be whole or not there at all, such as an e-mail address: empty if it is too long."""
    folded = tidy(text)
    return folded if len(folded) <= length else ""


def tidy(text: str) -> str:
    """`text` on one line, normalised, without signs that nobody sees. A lone surrogate becomes U+FFFD."""
    is_plain = text.isascii() and text.isprintable()
    return " ".join((text if is_plain else _visible(text)).split())


def names_somebody(text: str) -> bool:
    """Whether a text has a letter or a digit; a dash or a full stop is no name."""
    return any(sign.isalnum() for sign in text)


def _visible(text: str) -> str:
    normal = f" {unicodedata.normalize('NFC', text)} "
    return "".join(_shown(*normal[at - 1 : at + 2]) for at in range(1, len(normal) - 1))


def _shown(before: str, sign: str, after: str) -> str:
    category = unicodedata.category(sign)
    if category in _BLANKS:
        return " "
    if category == "Cs":
        return "\ufffd"
    if sign in _JOINERS and not _is_edge(before) and not _is_edge(after):
        return sign
    return "" if category == "Cf" or sign in _UNSEEN else sign


def _is_edge(sign: str) -> bool:
    """Whether nothing stands there for a joiner to join."""
    return sign.isspace() or unicodedata.category(sign) in ("Cf", "Cc")
