"""The error tree, named by what to do next.

A step raises one of four families, or `SupersededError`. The workflow file matches on exactly these names:

* `RetryableError`: nothing happened in the other system; try again.
* `HeldBackError`: nothing was sent, because the call budget is used up or there is a pause; try again soon.
* `OutcomeUnknownError`: a write was sent and its outcome is unknown; wait, look, then decide.
* `PermanentError`: it will not work without a person; the order is parked.

Texts contain codes, keys and amounts, but never names, addresses, credentials or bodies: they end up in logs,
in the ledger and in the execution history.
"""


class BridgeError(Exception):
    """Base of the tree. `code` is for machines and alarms, `words` for people."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"[{code}] {words}")
        self.code = code
        self.words = words


class RetryableError(BridgeError):
    """Nothing happened in the other system. Try again later."""


class QueueUnavailableError(RetryableError):
    """A queue of ours did not accept what was to be put on it."""

    def __init__(self, what: str, why: str = "") -> None:
        super().__init__("QUEUE_UNAVAILABLE", f"The queue did not accept {what}{f': {why}' if why else ''}.")


class HeldBackError(RetryableError):
    """Nothing was sent, because it was not this call's turn. Try again soon."""


class RateLimitedError(HeldBackError):
    """The other system asked for a pause of `wait_seconds` (429, or 503 with `Retry-After`)."""

    def __init__(self, system: str, wait_seconds: float) -> None:
        super().__init__("RATE_LIMITED", f"{system} asks for a pause of {wait_seconds:g} s.")
        self.wait_seconds = wait_seconds


class CredentialsRefusedError(RetryableError):
    """The order is fine, the secret is not. There is no further login until the secret has changed."""


class OutcomeUnknownError(BridgeError):
    """A write was sent, and the answer is missing or broken. Look before writing again."""


class PermanentError(BridgeError):
    """Needs a person: correct the data, a rule or the account, then resume the order."""


class NotInAccountError(PermanentError):
    """The account has it not, or has it locked, by lists that may be a quarter of an hour old."""


class RefusedError(PermanentError):
    """The other system understood the call and said no (`status` is the HTTP status).

    `why` is its own message, without anything that we sent.
    """

    def __init__(self, system: str, status: int, code: str, call: str, why: str = "") -> None:
        words = f"{system} refused {call}: status {status}, code {code}."
        super().__init__(f"{system.upper()}_REFUSED", f"{words} It says: {why}" if why else words)
        self.status = status
        self.refusal = code


class SupersededError(PermanentError):
    """A newer run holds this subject, so this one must not write anything more."""

    def __init__(self, subject_key: str, run: int) -> None:
        super().__init__("RUN_SUPERSEDED", f"Run {run} no longer holds {subject_key}.")


_AWS_FOR_GOOD = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "DecryptionFailure",
        "InvalidArn",
        "KMSAccessDeniedException",
        "KmsAccessDenied",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
        "ValidationException",
    )
)
"""What AWS answers again and again until a person changes a role, the stack or the request."""


def aws_error(operation: str, code: str) -> BridgeError:
    """AWS's answer to an operation, by what to do next: the one place that knows which of its codes need a person."""
    if code in _AWS_FOR_GOOD:
        return PermanentError(
            "AWS_REFUSED",
            f"{operation}: {code}. Correct the function's role, or deploy the stack again; then resume.",
        )
    return RetryableError("AWS", f"{operation}: {code}.")
