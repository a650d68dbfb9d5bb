"""What it takes to post documents to KashFlow."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from ...books.kashflow.account import KashflowAccount
from ...books.kashflow.account_lists import AccountStore
from ...books.kashflow.ground import KashflowGround
from ...books.kashflow.kinds import KINDS
from ...documents.kinds import Kind
from ...documents.numbers import InvoiceNumbers
from ...documents.write_window import WriteWindow
from ...rules.model import Rules
from ...usecases.posting import PostingDesk
from ..settings import CommitSettings, read_settings
from ..wiring import Wiring
from .http import timing


def account(wiring: Wiring) -> KashflowAccount:
    return KashflowAccount(wiring.client, AccountStore(wiring.table), timing(wiring))


def desk(wiring: Wiring) -> PostingDesk:
    """Where documents of every kind are posted."""
    ground = KashflowGround(wiring.client, wiring.account, InvoiceNumbers(wiring.table))
    settings = read_settings(CommitSettings)
    window = WriteWindow(
        worker_life=timedelta(seconds=settings.step_time_limit_seconds),
        slowest_commit=timedelta(seconds=settings.commit_settle_seconds),
    )
    kinds: dict[str, Callable[[Rules], Kind]] = {name: partial(kind, ground) for name, kind in KINDS.items()}
    return PostingDesk(wiring.documents, kinds, window, wiring.clock)
