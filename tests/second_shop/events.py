"""What a till sends: whole sales and whole stock levels, which nobody can read again later. Signed in its own way."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sitecore_kashflow.canonical.keys import digest_of
from sitecore_kashflow.runs.kept_events import Kept
from sitecore_kashflow.shops.front_door import Hint, Recognition

HEADER = "x-till-signature"
_KINDS = {"sale": "order", "level": "stock"}


def signature(key: str, body: bytes) -> str:
    """Hex of HMAC-SHA512 over the raw body."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def recognise(body: Mapping[str, Any]) -> Recognition:
    """A sale or a level; each change of it has a higher version."""
    what = str(body.get("what"))
    if what not in _KINDS:
        return Recognition("unknown")
    text = json.dumps(body, sort_keys=True, default=str)
    hint = Hint(
        subject_id=str(body["id"]),
        what=what,
        hint_id=digest_of(text),
        kind=_KINDS[what],
        whole=Kept(text.encode(), int(body["version"])),
    )
    return Recognition(what, hint)
