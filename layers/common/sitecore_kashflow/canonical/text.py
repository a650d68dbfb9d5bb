"""Text that KashFlow accepts: NFC, without control characters, not too long (KF-24)."""

import unicodedata

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 1000


def clean(text: str, length: int = NAME_LENGTH) -> str:
    """`text` on one line, normalised, cut to at most `length` characters."""
    is_plain = text.isascii() and text.isprintable()
    folded = " ".join((text if is_plain else _replace_control_characters(text)).split())
    return folded if len(folded) <= length else folded[: length - 1].rstrip() + "…"


def _replace_control_characters(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in normal)
