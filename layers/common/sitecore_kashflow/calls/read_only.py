"""A caller that writes nothing: in shadow mode no other one reaches the systems."""

from ..errors import PermanentError
from .http import Answer, Call, Caller


class ReadOnlyCaller(Caller):
    """Reads as any other caller, and asks for tokens."""

    def call(self, call: Call) -> Answer:
        """Send a call that reads. Raises `PermanentError` for one that writes."""
        if call.writes:
            raise PermanentError(
                "SHADOW_MODE",
                f"In shadow mode nothing is written to {self.system}. Deploy with Mode=live, then resume the order.",
            )
        return super().call(call)
