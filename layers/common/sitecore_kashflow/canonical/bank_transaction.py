"""Money on a bank account that is on no other document: fees, a customer's money on account, and the like."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel

from .customer import FROZEN
from .kinds import BANK_TRANSACTION
from .money import Amount


class BankTransactionDraft(BaseModel):
    """A bank transaction that is not posted yet. `amount` is positive for money that came in, in the home currency.

    `bank_account` is the account's code, `nominal_code` the other side. `reference` names it among the documents of its
    subject, and nothing else on the bank account may bear it: by this it is found again. `payment` is the gateway's id
    of the payment that it is part of.
    """

    model_config = FROZEN
    kind: ClassVar[str] = BANK_TRANSACTION

    reference: str
    day: date
    currency: str
    amount: Amount
    bank_account: str
    nominal_code: int
    customer_code: str = ""
    words: str = ""
    payment: str = ""
    rules_version: str
