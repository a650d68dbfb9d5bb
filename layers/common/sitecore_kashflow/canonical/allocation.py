"""A credit note that is set against an invoice, so that neither is open any more."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel

from .customer import FROZEN
from .kinds import ALLOCATION
from .money import Amount


class AllocationDraft(BaseModel):
    """So much of a credit note is set against an invoice. Either is named by its number and by its id in the books."""

    model_config = FROZEN
    kind: ClassVar[str] = ALLOCATION

    invoice_number: int
    invoice_id: int
    credit_note_number: int
    credit_note_id: int
    amount: Amount
    day: date
    currency: str
    rules_version: str

    @property
    def reference(self) -> str:
        """The pair, by numbers: the credit note's, then the invoice's."""
        return f"{self.credit_note_number}-{self.invoice_number}"
