"""What the shop's own code is asked about an order, and what it may answer (docs/enrichment.md)."""

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ..errors import PermanentError
from .order import Enrichment, Order, OrderLine
from .text import DESCRIPTION_LENGTH, NAME_LENGTH, clean

VERSION = 1
LARGEST_ANSWER = 262_144
"""Bytes: 1,500 lines with every field that may be set."""

_ASKED = {
    *("source", "order_id", "placed_at", "currency", "customer", "delivery", "lines", "shipping", "fees", "gratuity"),
    *("order_discount", "delivery_discount", "tax", "prices_include_vat", "total", "customers_number"),
}
"""What was sold, to whom and for how much. Payments, shipments and states come later, and change no answer."""
_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_SHOWN_FAULTS = 5

Text = Annotated[str, StringConstraints(min_length=1, max_length=DESCRIPTION_LENGTH)]


class LineAnswer(BaseModel):
    """What is said about one line, which is named by its id."""

    model_config = _STRICT

    line_id: str
    tax_class: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    nominal_code: Annotated[int, Field(ge=1, le=999_999)] | None = None
    description: Text | None = None


class NumberAnswer(BaseModel):
    """What VIES or HMRC answered when the shop's code asked for the customer's VAT number: kept as evidence."""

    model_config = _STRICT

    is_registered: bool
    answer: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)]


class Answer(BaseModel):
    """All that may be set; what is left out stays as it is. Amounts and identities are not among it."""

    model_config = _STRICT

    version: Literal[1]
    customers_number: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] | None = None
    text: Text | None = None
    vat_number: NumberAnswer | None = None
    lines: Annotated[list[LineAnswer], Field(max_length=10_000)] = []


def request_of(order: Order) -> bytes:
    """What is asked: the order as the bridge understands it, amounts as text. The same for the same sale."""
    asked = order.model_dump(mode="json", include=_ASKED, exclude={"lines": {"__all__": {"nominal_code", "tags"}}})
    return json.dumps({"version": VERSION, "order": asked}, sort_keys=True, ensure_ascii=False).encode()


def require_fitting(order: Order, enrichment: Enrichment) -> None:
    """Raise `PermanentError` that names each field of an answer which cannot be taken for the order."""
    faults = list(_faults(_read(enrichment).lines, order))
    if faults:
        raise wrong_answer(enrichment.function, faults)


def with_answer(order: Order, enrichment: Enrichment) -> Order:
    """The order with what was answered; lines that it no longer has are passed over."""
    answer = _read(enrichment)
    said = {one.line_id: one for one in answer.lines}
    number = clean(answer.customers_number or "") or order.customers_number
    lines = tuple(_line(line, said[line.line_id]) if line.line_id in said else line for line in order.lines)
    text = clean(answer.text or "", DESCRIPTION_LENGTH)
    fields: dict[str, object] = {"lines": lines, "customers_number": number, "text": text, "enrichment": enrichment}
    if answer.vat_number:
        fields["vat_number_check"] = clean(answer.vat_number.answer)
        fields["is_vat_number_refused"] = not answer.vat_number.is_registered
    return order.model_copy(update=fields)


def wrong_answer(function: str, faults: Sequence[str]) -> PermanentError:
    """An answer that cannot be taken; `faults` name fields, and quote nothing."""
    more = f" and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
    return PermanentError(
        "ENRICHMENT_ANSWER_WRONG",
        f"The answer of the shop's function {function} cannot be taken: {'; '.join(faults[:_SHOWN_FAULTS])}{more}. "
        "Correct the function (docs/enrichment.md), then resume.",
    )


def _read(enrichment: Enrichment) -> Answer:
    try:
        return Answer.model_validate_json(enrichment.answer)
    except ValidationError as error:
        faults = [f"{_place(one['loc'])}: {_WORDS.get(one['type'], 'wrong')}" for one in error.errors()]
        raise wrong_answer(enrichment.function, faults) from None


_WORDS = {
    "extra_forbidden": "may not be set",
    "missing": "is missing",
    "json_invalid": "no JSON",
    "model_type": "no JSON object",
    "string_type": "no text",
    "bool_type": "neither true nor false",
    "int_type": "no whole number",
    "list_type": "no list",
    "string_too_long": "too long",
    "string_too_short": "empty",
    "greater_than_equal": "too small",
    "less_than_equal": "too large",
    "literal_error": "another version",
    "too_long": "too many",
}


def _place(place: Sequence[Any]) -> str:
    """`lines.0.nominal_code`; a name that the answer has chosen may be anything, and is shown only if it is a name."""
    return ".".join("?" if isinstance(one, str) and not _is_name(one) else str(one) for one in place) or "the whole"


def _is_name(text: str) -> bool:
    return len(text) <= 40 and text.isascii() and text.isidentifier()


def _faults(answered: Sequence[LineAnswer], order: Order) -> Iterator[str]:
    known = {line.line_id: line for line in order.lines}
    seen = set[str]()
    for position, one in enumerate(answered):
        line = known.get(one.line_id)
        if line is None:
            yield f"lines.{position}.line_id: no line of the order"
        elif one.line_id in seen:
            yield f"lines.{position}.line_id: named twice"
        elif line.supply == "voucher" and (one.tax_class or one.nominal_code):
            yield f"lines.{position}: a gift card, of which only the description may be set"
        if one.description is not None and not clean(one.description):
            yield f"lines.{position}.description: shows nothing"
        seen.add(one.line_id)


def _line(line: OrderLine, said: LineAnswer) -> OrderLine:
    """The line with what is said about it."""
    fields = said.model_dump(exclude_none=True, exclude={"line_id"})
    if said.description:
        fields["description"] = clean(said.description, DESCRIPTION_LENGTH)
    return line.model_copy(update=fields)
