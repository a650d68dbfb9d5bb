"""Text that KashFlow takes: NFC, without control characters, not too long (`kashflow-api.md` 15, row 50)."""

import unicodedata

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 1000


def clean(text: str, length: int = NAME_LENGTH) -> str:
    """`text` in one line, normalised, at most `length` characters, cut at the end if need be."""
    normal = unicodedata.normalize("NFC", text)
    visible = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in normal)
    folded = " ".join(visible.split())
    return folded if len(folded) <= length else folded[: length - 1].rstrip() + "…"
