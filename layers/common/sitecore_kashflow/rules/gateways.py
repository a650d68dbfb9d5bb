"""How the payout file of a gateway is read: one mapping for each. `payouts/ready/` holds those that ship."""

from typing import Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from .section import SECTION

Names = tuple[str, ...]
"""Names of columns for the same thing; the first that the file has is read."""

Meaning = Literal[
    "charge",
    "refund",
    "dispute",
    "dispute_won",
    "fee",
    "dispute_fee",
    "reserve",
    "adjustment",
    "failed_payout",
    "conversion",
    "payout",
]


class HeaderRow(BaseModel):
    """How the row with the names of the columns is found.

    `has`: it is the first that has all of these, and the rows before it are a block of their own. Or the first field of
    each row says what it is: one of `header`, or of `body`; others are passed over. Else it is the first row.
    """

    model_config = SECTION

    has: Names = ()
    header: Names = ()
    body: Names = ()

    @model_validator(mode="after")
    def is_found_in_one_way(self) -> "HeaderRow":
        """By its columns, or by row types."""
        if self.has and self.header:
            raise ValueError("a header is found by the columns that it `has`, or by row types (`header`, `body`)")
        if bool(self.header) != bool(self.body):
            raise ValueError("row types need both: `header` for the row of names, and `body` for those below it")
        return self


class MomentColumns(BaseModel):
    """Where a moment is, and in which zone it is told if it says no offset itself: an IANA name or an abbreviation.

    Several `columns` are put together, such as date and time.
    """

    model_config = SECTION

    columns: Names = Field(min_length=1)
    zone: str = ""
    zone_columns: Names = ()

    @model_validator(mode="after")
    def has_a_zone(self) -> "MomentColumns":
        """A moment without one is none."""
        if not (self.zone or self.zone_columns):
            raise ValueError("say the zone: `zone: Europe/London`, or the column that has it, `zone_columns`")
        return self


class AmountColumns(BaseModel):
    """Where an amount is: signed in one `column`; unsigned in it with `side` for CR or DR; or in two columns."""

    model_config = SECTION

    column: Names = ()
    side: Names = ()
    credit: Names = ()
    debit: Names = ()
    currency: Names = ()

    @model_validator(mode="after")
    def is_in_one_place(self) -> "AmountColumns":
        """Either one column or two."""
        if bool(self.column) == bool(self.credit or self.debit) or bool(self.credit) != bool(self.debit):
            raise ValueError("an amount is in one `column`, or in two: `credit` and `debit`")
        if self.side and not self.column:
            raise ValueError("`side` says whether the amount in `column` is a credit or a debit")
        return self


class Amounts(BaseModel):
    """Which amounts a row has, and how they are written.

    `gross` is before fees and `net` after them, in the currency of the balance; one of them is enough. `paid` is what
    the customer paid, if that is another currency. `fee_is`: how a fee that costs is signed.
    """

    model_config = SECTION

    gross: AmountColumns | None = None
    net: AmountColumns | None = None
    paid: AmountColumns | None = None
    fees: tuple[AmountColumns, ...] = ()
    fee_is: Literal["positive", "negative"] = "positive"
    unit: Literal["major", "minor"] = "major"
    decimal_sign: Literal[".", ","] = "."
    thousands_sign: str = Field("", max_length=1)
    credit_words: Names = ("CR", "C", "CREDIT")
    debit_words: Names = ("DR", "D", "DEBIT")
    currency: str = Field("", pattern=r"^([A-Z]{3})?$")

    @model_validator(mode="after")
    def something_is_settled(self) -> "Amounts":
        """A row that puts nothing into the balance could not add up."""
        if self.gross is None and self.net is None:
            raise ValueError("say where `gross` or `net` is")
        return self


class PayoutColumns(BaseModel):
    """What makes a payout of rows, and where its id and the day of its arrival are.

    `rows`: `named` have the payout's id each; `closed` go up to the row of the payout itself; a `file` is one payout.
    `block`: id, arrival and amount are above the header, by name. `is_booked`: no for files of payments alone.
    """

    model_config = SECTION

    rows: Literal["named", "closed", "file"]
    id: Names = ()
    arrives: Names = ()
    amount: str = ""
    block: bool = False
    is_booked: bool = True

    @model_validator(mode="after")
    def has_an_id(self) -> "PayoutColumns":
        """A payout is known by its id; the row that closes one has an id of its own."""
        if not self.id and self.rows != "closed":
            raise ValueError("say where the payout's `id` is")
        if self.amount and not self.block:
            raise ValueError("`amount` is that of the block above the header: say `block: true`")
        return self


class GatewayMapping(BaseModel):
    """The whole mapping of a gateway's file.

    `type` says what a row is; `types` what that means, with `*` at the end for all that begin so. Rows of a type in
    `ignored` are passed over, and those that fail `only` or agree with `without` (values by column). `keys` are the
    columns of the ids by which the shop may know a payment, by meaning or, with `other`, for all others.
    """

    model_config = SECTION

    gateway: str = Field(pattern=r"^[a-z][a-z_]*$")
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    header: HeaderRow = HeaderRow()
    type: Names = Field(min_length=1)
    types: dict[str, Meaning]
    ignored: Names = ()
    only: dict[str, Names] = {}
    without: dict[str, Names] = {}
    id: Names = Field(min_length=1)
    moments: tuple[MomentColumns, ...] = Field(min_length=1)
    date_order: Literal["ymd", "dmy", "mdy"]
    amounts: Amounts
    payout: PayoutColumns
    keys: dict[Literal["charge", "refund", "dispute", "dispute_won", "other"], Names]
    belongs_to: Names = ()
    order_id: Names = ()

    @field_validator("encoding")
    @classmethod
    def encoding_is_known(cls, name: str) -> str:
        """One that Python reads."""
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"there is no encoding {name!r}; utf-8, cp1252 and utf-16 are usual") from None
        return name

    @model_validator(mode="after")
    def closing_row_has_a_type(self) -> "GatewayMapping":
        """Rows up to the payout's own need one that is known by its type."""
        if self.payout.rows == "closed" and "payout" not in self.types.values():
            raise ValueError("`payout.rows: closed` needs a type that means payout")
        return self

    def meaning(self, word: str) -> Meaning | Literal["ignored"] | None:
        """What a row of this type means: by the whole word, else by the longest beginning; None if nothing says."""
        known: dict[str, Meaning | Literal["ignored"]] = {**self.types, **dict.fromkeys(self.ignored, "ignored")}
        if word in known:
            return known[word]
        beginnings = [one for one in known if one.endswith("*") and word.startswith(one[:-1])]
        return known[max(beginnings, key=len)] if beginnings else None

    def key_columns(self, meaning: str) -> Names:
        """The columns with ids of an item of this meaning, in the order in which they are tried."""
        return next((columns for name, columns in self.keys.items() if name == meaning), self.keys.get("other", ()))
