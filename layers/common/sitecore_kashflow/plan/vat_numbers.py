"""VAT numbers of the United Kingdom, Northern Ireland and the EU, with their check digits."""

import re
from collections.abc import Iterable

from ..canonical.countries import territory
from ..canonical.invoice import InvoiceLine, VatNumber
from ..canonical.order import Order


def vat_number_country(number: str, country: str) -> str | None:
    """The country whose VAT number this is: GB, XI or one of the EU. A number without prefix may be `country`'s own.

    None if it is of none of them. Whether it is registered is for HMRC or VIES to say.
    """
    plain = re.sub(r"[\s.\-/]", "", number).upper()
    prefix = {"EL": "GR"}.get(plain[:2], plain[:2])
    if _is_valid(plain, prefix):
        return prefix
    return country if _is_valid(country + plain, country) else None


def evidence_of(order: Order, lines: Iterable[InvoiceLine]) -> VatNumber | None:
    """The number on which what is sold abroad may rest; None if nothing is, or the customer has none."""
    number = order.customer.vat_number
    if not is_meant_as_number(number) or not any(line.box == "abroad" for line in lines):
        return None
    country = territory(order.customer.address.country, order.customer.address.postcode).vat_of
    found = vat_number_country(number, country) or ""
    return VatNumber(number=number, country=found, answer=order.vat_number_check)


def is_meant_as_number(text: str) -> bool:
    """Whether a text can be meant as a VAT number: one without any digit (`n/a`, `none`) is not."""
    return any(sign.isdigit() for sign in text)


def _is_valid(number: str, country: str) -> bool:
    from stdnum.eu import vat as eu  # noqa: PLC0415 -- a tenth of a second, and few orders need it
    from stdnum.gb import vat as gb  # noqa: PLC0415

    return bool(gb.is_valid(number) if country == "GB" else country.lower() in eu.MEMBER_STATES and eu.is_valid(number))
