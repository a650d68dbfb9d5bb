"""Natural keys: what is the same thing must get the same key, whoever computes it and when."""

import hashlib
import re
from datetime import UTC, datetime

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE_LENGTH = 12
_REFERENCE_LENGTH = 50
_EXECUTION_NAME_LENGTH = 80


def order_key(source: str, order_id: str) -> str:
    """The key of an order in ledger, logs and metrics: `ordercloud:SO-1001`."""
    return f"{source}:{order_id}"


def execution_name(key: str, run: int) -> str:
    """The name of the workflow's run: at most 80 of `A-Za-z0-9-_`, one for each order and run."""
    readable = key.replace(":", "-", 1)
    return f"{_fitted(re.sub(r'[^A-Za-z0-9_-]', '-', readable), readable, _EXECUTION_NAME_LENGTH - 12)}-run-{run}"


def attempt_key(entered_at: datetime, retries: int) -> str:
    """The key of one try of a step: texts compare as the tries follow each other in their run.

    `entered_at` is when the run came to the step, `retries` how often it has tried it since.
    """
    return f"{entered_at.astimezone(UTC).isoformat(timespec='microseconds')}/{retries:05}"


def invoice_reference(order_id: str) -> str:
    """KashFlow's `CustomerReference` of the order's invoice, at most 50 characters (`kashflow-api.md` 15, row 50)."""
    return _fitted(order_id, order_id, _REFERENCE_LENGTH)


def reference_mark(reference: str, *, is_credit: bool) -> str:
    """The same for two documents of one kind under one reference, and empty for none.

    Case and blanks do not tell references apart: people type them, and KashFlow's database seems not to look at case
    (`kashflow-api.md` 3.4). A credit note bears its invoice's reference by right, so it is of another kind.
    """
    folded = " ".join(reference.split()).casefold()
    kind = "credit" if is_credit else "invoice"
    return hashlib.sha256(f"{kind}|{folded}".encode()).hexdigest()[:16] if folded else ""


def customer_code(prefix: str, customer_key: str) -> str:
    """KashFlow's customer code: 12 of `A-Z0-9`, from the shop's stable key alone (`kashflow-api.md` 3.4)."""
    number = int.from_bytes(hashlib.sha256(customer_key.encode()).digest(), "big")
    digits = []
    for _ in range(_CODE_LENGTH - len(prefix)):
        number, digit = divmod(number, 36)
        digits.append(_BASE36[digit])
    return prefix + "".join(digits)


def fingerprint(text: str) -> str:
    """A short stable mark of some content, to tell whether it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _fitted(text: str, whole: str, length: int) -> str:
    """`text` if it says all of `whole` in `length` characters, else its beginning and a mark of the whole."""
    if len(text) <= length and text == whole:
        return text
    mark = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return f"{text[: length - 13]}-{mark}"
