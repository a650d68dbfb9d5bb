"""The shop's own function, which adds to orders what only the shop knows: a Lambda of its account (docs/enrichment.md).

What it fails with may hold people's data, so none of it is read: its name and the kind of failure are all that is told.
"""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from ..errors import HeldBackError, PermanentError

SECONDS = 10
"""How long an answer is waited for. The function's own time limit may be shorter."""
_THROTTLED = "TooManyRequestsException"
_OUT_OF_TIME = "Sandbox.Timedout"


@dataclass(frozen=True)
class ShopFunction:
    """Calls the function `arn`. `client` is boto3's for Lambda, which waits for an answer so long, and asks once."""

    client: Any
    arn: str

    @property
    def name(self) -> str:
        """The function's name, with its version or alias if it has one."""
        return self.arn.partition(":function:")[2] or self.arn

    def ask(self, request: bytes, largest: int) -> bytes:
        """Its answer, at most `largest` bytes and one. Raises `PermanentError` if it fails or gives none in time.

        Where AWS lets no call of it through, `HeldBackError`: nothing is wrong with the order.
        """
        try:
            told = self.client.invoke(FunctionName=self.arn, Payload=request)
            body: bytes = told["Payload"].read(largest + 1)
        except ReadTimeoutError:
            raise self._timed_out() from None
        except ClientError as error:
            if error.response["Error"]["Code"] == _THROTTLED:
                raise HeldBackError("ENRICHMENT_THROTTLED", f"AWS throttles the shop's function {self.name}.") from None
            raise
        if told.get("FunctionError"):
            raise self._timed_out() if _kind_of(body) == _OUT_OF_TIME else self._failed()
        return body

    def _timed_out(self) -> PermanentError:
        return PermanentError(
            "ENRICHMENT_TIMED_OUT",
            f"The shop's function {self.name} gave no answer within its time, which is {SECONDS} s at "
            "most. Make it quicker (docs/enrichment.md), then resume.",
        )

    def _failed(self) -> PermanentError:
        return PermanentError(
            "ENRICHMENT_FAILED",
            f"The shop's function {self.name} failed. Its own log says why. Correct it, then resume.",
        )


def _kind_of(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    return str(told.get("errorType")) if isinstance(told, dict) else ""
