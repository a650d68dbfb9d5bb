"""Bank transactions in KashFlow, as a kind of document that is posted exactly once.

Such a transaction has no number and no path of its own: it is known by how its comment begins, in the complete list of
its bank account (KF-111 to KF-117).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from ...canonical.bank_transaction import BankTransactionDraft
from ...canonical.keys import bank_key
from ...canonical.money import ZERO
from ...canonical.text import clean
from ...documents.entry import Banked, Days, Entry, Figures, Posting, Standing
from ...documents.kinds import Finding, Holder, Intent
from ...errors import OutcomeUnknownError, PermanentError, RetryableError
from ...observability import Metric
from ...plan.periods import day_in_open_period
from ...plan.postings import NONE
from ...rules.model import Rules
from .ground import KashflowGround
from .mapping import bank_transaction_payload
from .wire import BankRow, read_date

_A_DAY = timedelta(days=1)
"""A day on either side is looked through too: a date may be shown as the evening before (KF-19)."""


@dataclass(frozen=True)
class BankTransactionKind:
    """Identified by the first word of its comment; `on` is the id of its bank account.

    While the rules let none be made, one that a person has entered is looked for and taken for it.
    """

    ground: KashflowGround
    rules: Rules
    posted: ClassVar[Metric | None] = None
    adopted: ClassVar[Metric | None] = None

    @property
    def looks_before_first_post(self) -> bool:
        return not self._are_made

    def intend(self, draft: BankTransactionDraft, customer_code: str) -> Intent:
        """The transaction as it would be posted: on an open day, on accounts that the books have."""
        account, home = self.ground.account, self.rules.orders.home_currency
        if draft.currency != home:
            raise PermanentError(
                "BANK_TRANSACTION_NOT_IN_HOME_CURRENCY",
                f"{draft.amount} {draft.currency} should go to bank account {draft.bank_account} by itself, and the "
                f"bridge enters such money in {home} alone. Enter it in KashFlow by hand, then abandon the order here.",
            )
        what = f"The money for bank account {draft.bank_account}"
        day = account.retry_with_fresh_lists(
            lambda: day_in_open_period(draft.day, account.first_open_day(), what, self.rules.orders)
        )
        account.require_nominal(draft.nominal_code)
        bank_account = account.bank_account_id(draft.bank_account)
        entry = Entry(
            kind=draft.kind,
            reference=draft.reference,
            customer_code=customer_code,
            figures=Figures(draft.currency, net=draft.amount, vat=ZERO, gross=draft.amount),
            rules_version=draft.rules_version,
            postings=(Posting(draft.nominal_code, NONE, draft.amount, ZERO),),
            days=Days(day, {draft.reference: draft.day}),
            banked={draft.reference: Banked(bank_account, draft.payment)},
            on=bank_account,
        )
        return Intent(entry, draft)

    def look(self, entry: Entry) -> Finding:
        """Read the account's list of those days. Raises `PermanentError` if it shows two of it."""
        key, days = bank_key(entry.reference), _days(entry)
        all_days = (days.issued, *days.received.values())
        rows = self.ground.client.bank_rows(entry.on or 0, min(all_days) - _A_DAY, max(all_days) + _A_DAY)
        found = [row for row in rows if row.comment.split(maxsplit=1)[:1] == [key]]
        if len(found) > 1:
            raise PermanentError(
                "BANK_TRANSACTION_DOUBLED",
                f"KashFlow shows {len(found)} transactions of one bank account whose comment begins with `{key}`. "
                "Delete all but one, then resume.",
            )
        return Finding(found[0].id, found[0]) if found else Finding()

    def body(self, intent: Intent, finding: Finding) -> dict[str, Any]:
        """The body of the post. Raises `PermanentError` while the rules let none be made."""
        del finding
        draft, entry = intent.draft, intent.entry
        day = _days(entry).issued
        moved = f" (of {draft.day})" if day != draft.day else ""
        comment = f"{bank_key(draft.reference)} {clean(draft.words)}".strip() + moved
        if not self._are_made:
            raise PermanentError(
                "BANK_TRANSACTIONS_NOT_MADE",
                f"{abs(draft.amount)} {draft.currency} should go {'into' if draft.amount > 0 else 'out of'} bank "
                f"account {draft.bank_account} on {day}, against nominal {draft.nominal_code}, and "
                "`kashflow.bank_transactions` is never. Enter it in KashFlow by hand with a comment that begins with "
                f"`{bank_key(draft.reference)}` and a space, or let the rules make it; then resume.",
            )
        return bank_transaction_payload(draft, day, comment, self._money_type(entry))

    def await_turn(self) -> None:
        self.ground.client.await_turn()

    def send(self, entry: Entry, body: Mapping[str, Any]) -> int | None:
        """Enter it on its bank account."""
        return self.ground.client.create_bank_transaction(entry.on or 0, body)

    def number_of(self, entry: Entry, answer: int | None) -> int:
        """The id in the answer, or that of the row in the list."""
        number = self.look(entry).number if answer is None else answer
        if number is None:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "KashFlow accepted the transaction but does not show it yet.")
        return number

    def holder(self, entry: Entry) -> Holder | None:
        """None: no number is asked for."""
        del entry
        return None

    def reserve_number(self) -> int | None:
        """None: KashFlow gives the id."""

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        """The account's list shows it, with its day and amount."""
        if finding.number is None:
            finding = self.look(entry)
        row: BankRow | None = finding.seen
        if row is None:
            raise RetryableError(
                "BANK_TRANSACTION_NOT_LISTED",
                f"KashFlow's bank list does not show `{bank_key(entry.reference)}`, although it was posted. Look again "
                "later. If somebody deleted it there, enter it again with a comment that begins so.",
            )
        day = _days(entry).issued
        shown, meant = (read_date(row.date), row.amount), (day, entry.figures.gross)
        if shown != meant:
            raise PermanentError(
                "BANK_TRANSACTION_DIFFERS",
                f"The bank transaction `{bank_key(entry.reference)}` should be of {day} over {entry.figures.gross}; "
                f"KashFlow shows {shown[0]} and {shown[1]}. Correct it there, then resume.",
            )
        if self._are_made and row.money_type not in (0, self._money_type(entry)):
            raise PermanentError(
                "BANK_TRANSACTION_DIFFERS",
                f"The bank transaction `{bank_key(entry.reference)}` should have the MoneyType "
                f"{self._money_type(entry)}; KashFlow shows {row.money_type}. Correct it there, then resume.",
            )
        standing = entry.standing or Standing(row.id)
        return replace(standing, number=row.id or standing.number, is_verified=True)

    @property
    def _are_made(self) -> bool:
        return self.rules.kashflow.bank_transactions != "never"

    def _money_type(self, entry: Entry) -> int:
        """The nominal of the other side, by its code or by its id (KF-112)."""
        code = entry.postings[0].account
        is_by_id = self.rules.kashflow.bank_transactions == "nominal_id"
        return self.ground.account.nominal_id(code) if is_by_id else code


def _days(entry: Entry) -> Days:
    if entry.days is None:
        raise ValueError("the ledger keeps the day of each bank transaction")
    return entry.days
