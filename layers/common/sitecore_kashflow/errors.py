"""The error tree, named by what to do next.

Four families leave a step, by exactly these names; the workflow file matches on them:

* `RetryableError`: nothing happened over there, try again.
* `HeldBackError`: nothing was sent, because the call budget is used up or a pause stands; try again soon.
* `OutcomeUnknownError`: a write was sent and nobody knows; wait, look, then decide.
* `PermanentError`: it will not work without a person; the order is parked.

Texts carry codes, keys and amounts, never names, addresses, credentials or bodies: they end in logs,
in the ledger and in the execution history.
"""


class BridgeError(Exception):
    """Base of the tree. `code` is for machines and alarms, `words` is for the person who reads."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"[{code}] {words}")
        self.code = code
        self.words = words


class RetryableError(BridgeError):
    """Nothing happened over there. Try again later."""


class HeldBackError(RetryableError):
    """Not sent, because it was not this call's turn. Try again soon: the budget or a pause will have moved on."""


class RateLimitedError(HeldBackError):
    """The other system asked for a pause of `wait_seconds` (429, or 503 with `Retry-After`)."""

    def __init__(self, system: str, wait_seconds: float) -> None:
        super().__init__("RATE_LIMITED", f"{system} asks for a pause of {wait_seconds:g} s.")
        self.wait_seconds = wait_seconds


class CredentialsRefusedError(RetryableError):
    """The order is fine, the secret is not. Nobody logs in again until the secret has changed."""


class OutcomeUnknownError(BridgeError):
    """A write was sent and the answer is missing or broken. Look before writing again."""


class PermanentError(BridgeError):
    """Needs a person: mend the data, a rule or the account, then resume the order."""


class RefusedError(PermanentError):
    """The other system understood the call and said no (`status` is the HTTP status)."""

    def __init__(self, system: str, status: int, code: str, call: str) -> None:
        super().__init__(f"{system.upper()}_REFUSED", f"{system} refused {call}: status {status}, code {code}.")
        self.status = status
        self.refusal = code


class SupersededError(PermanentError):
    """A newer run holds this subject; whatever this one still does must not be written down."""

    def __init__(self, subject_key: str, run: int) -> None:
        super().__init__("RUN_SUPERSEDED", f"Run {run} no longer holds {subject_key}.")
