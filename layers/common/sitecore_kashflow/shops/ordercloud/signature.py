"""OrderCloud's signature of the bodies it posts (OC-54)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

HEADER = "x-oc-hash"


def signature(key: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def is_signed(body: bytes, sent: str, keys: Iterable[str]) -> bool:
    """Whether one of the live keys signed these exact bytes. Empty keys never match; takes constant time."""
    matches = [hmac.compare_digest(signature(key, body).encode(), sent.encode()) for key in keys if key]
    return any(matches)
