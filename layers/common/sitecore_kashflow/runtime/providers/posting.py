"""What it takes to post documents to KashFlow."""

from collections.abc import Callable
from functools import partial

from ...books.kashflow.account import KashflowAccount
from ...books.kashflow.account_lists import AccountStore
from ...books.kashflow.ground import KashflowGround
from ...books.kashflow.kinds import KINDS
from ...documents.kinds import Kind
from ...documents.numbers import InvoiceNumbers
from ...documents.vat_drift import DriftStore
from ...rules.model import Rules
from ...usecases.posting import PostingDesk
from ..wiring import Wiring
from .http import timing


def account(wiring: Wiring) -> KashflowAccount:
    return KashflowAccount(wiring.client, AccountStore(wiring.table), timing(wiring))


def desk(wiring: Wiring) -> PostingDesk:
    """Where documents of every kind are posted."""
    ground = KashflowGround(wiring.client, wiring.account, InvoiceNumbers(wiring.table))
    kinds: dict[str, Callable[[Rules], Kind]] = {name: partial(kind, ground) for name, kind in KINDS.items()}
    return PostingDesk(wiring.documents, kinds, wiring.customers, wiring.window, wiring.clock, DriftStore(wiring.table))
