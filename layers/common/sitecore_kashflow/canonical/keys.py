"""Natural keys: the same thing gets the same key, whoever computes it and whenever."""

import hashlib
import re
from datetime import UTC, datetime

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE_LENGTH = 12  # KF-40
REFERENCE_LENGTH = 50
_EXECUTION_NAME_LENGTH = 80


def execution_name(key: str, run: int) -> str:
    """The name of the workflow's run: at most 80 of `A-Za-z0-9-_`, one for each subject and run."""
    readable = key.replace(":", "-")
    return f"{_fit(re.sub(r'[^A-Za-z0-9_-]', '-', readable), readable, _EXECUTION_NAME_LENGTH - 12)}-run-{run}"


def attempt_key(entered_at: datetime, retries: int) -> str:
    """The key of one attempt at a step. As text, keys sort in the order of the attempts of a run.

    `entered_at` is when the run entered the step, `retries` how often it has retried it since.
    """
    return f"{entered_at.astimezone(UTC).isoformat(timespec='microseconds')}/{retries:05}"


def invoice_reference(order_id: str) -> str:
    """KashFlow's `CustomerReference` of the order's invoice, at most 50 characters (KF-24)."""
    return _fit(order_id, order_id, REFERENCE_LENGTH)


def bank_key(reference: str) -> str:
    """The word with which the comment of a bank transaction begins: at most 50 characters (KF-117)."""
    return _fit(re.sub(r"\s+", "-", reference), reference, REFERENCE_LENGTH)


def reference_digest(reference: str, *, is_credit: bool) -> str:
    """A digest that two documents of one kind share if they have the same reference; empty if there is none.

    References that differ in case or spaces alone are the same: people type them, and KashFlow's database seems to
    ignore case (KF-41). A credit note rightly carries its invoice's reference, so it counts as another kind.
    """
    folded = " ".join(reference.split()).casefold()
    kind = "credit" if is_credit else "invoice"
    return hashlib.sha256(f"{kind}|{folded}".encode()).hexdigest()[:16] if folded else ""


def customer_code(prefix: str, customer_key: str) -> str:
    """KashFlow's customer code: 12 of `A-Z0-9`, from the shop's stable key alone (KF-40)."""
    number = int.from_bytes(hashlib.sha256(customer_key.encode()).digest(), "big")
    digits = []
    for _ in range(_CODE_LENGTH - len(prefix)):
        number, digit = divmod(number, 36)
        digits.append(_BASE36[digit])
    return prefix + "".join(digits)


def digest_of(text: str) -> str:
    """A short stable digest of some content, to tell whether it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _fit(text: str, whole: str, length: int) -> str:
    """`text` if it is the whole and fits into `length` characters, else its beginning and a digest of the whole."""
    if len(text) <= length and text == whole:
        return text
    digest = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return f"{text[: length - 13]}-{digest}"
