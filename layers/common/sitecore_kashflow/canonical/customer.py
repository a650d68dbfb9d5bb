"""The customer of an order."""

from pydantic import BaseModel, ConfigDict

FROZEN = ConfigDict(frozen=True, extra="forbid")


class Address(BaseModel):
    """A postal address. `country` is ISO 3166 alpha-2 in upper case, or empty when the shop sent none."""

    model_config = FROZEN

    name: str = ""
    lines: tuple[str, ...] = ()
    postcode: str = ""
    country: str = ""


class Customer(BaseModel):
    """The customer of one order. `key` is stable and unique in its shop: buyer and user, or the order of a guest.

    `is_colleague`: the customer is a company, and the order names somebody who ordered for it, but not the company.
    """

    model_config = FROZEN

    key: str
    is_guest: bool = False
    is_colleague: bool = False
    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    vat_number: str = ""
    address: Address = Address()
