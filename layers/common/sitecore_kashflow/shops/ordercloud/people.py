"""Who bought, and where it goes: OrderCloud's users and addresses in our words (docs/facts/sitecore.md).

Text is cleaned before anything is chosen by it: a company name of one blank is none, and an e-mail address with a sign
that nobody sees is the address without it.
"""

from ...canonical.countries import country_code
from ...canonical.customer import Address, Customer
from ...canonical.keys import digest_of
from ...canonical.text import clean, identifier, names_somebody, tidy
from ...errors import PermanentError
from ...rules.model import CustomerRules
from . import wire
from .extended import first_text

SOURCE = "ordercloud"

_POSTCODE_LENGTH = 20


def customer_of(worksheet: wire.Worksheet, rules: CustomerRules) -> Customer:
    """The customer of an order: a user, a buyer, or a guest, as the rules say."""
    order = worksheet.order
    user = order.from_user or wire.User(ID=order.from_user_id, CompanyID=order.from_company_id, xp={})
    billing = _billing_of(worksheet)
    places = {"Order": order.xp, "FromUser": user.xp}
    user_id = user.id or order.from_user_id
    is_guest = user_id in rules.guest_user_ids or not user_id
    email = identifier(first_text(rules.guest_email_paths, places) if is_guest else user.email)
    buyer = order.from_company_id or user.company_id
    is_buyer = rules.identity == "buyer" and not is_guest
    if is_guest:
        key = f"{SOURCE}:{buyer}:guest:{digest_of(email.lower()) if email else order.id}"
    else:
        key = f"{SOURCE}:{buyer}" if is_buyer else f"{SOURCE}:{buyer}:{user_id}"
    company = _company(billing, rules)
    first, last = _person(billing, user, is_guest=is_guest)
    name = company or clean(f"{first} {last}")
    return Customer(
        key=key,
        is_guest=is_guest,
        is_colleague=is_buyer and not company,
        name=name if len(name) > 1 else (rules.guest_name if is_guest else clean(f"{buyer} {user_id}")),
        first_name=first,
        last_name=last,
        email=email,
        phone=clean(tidy(billing.phone) or user.phone),
        vat_number=identifier(first_text(rules.vat_number_paths, places), 20),
        address=_address(billing, rules),
    )


def names_company(worksheet: wire.Worksheet, rules: CustomerRules) -> bool:
    """Whether the order names a company as the customer."""
    return bool(_company(_billing_of(worksheet), rules))


def vat_number_check(worksheet: wire.Worksheet, rules: CustomerRules) -> str:
    """What VIES or HMRC answered when the shop asked for the customer's VAT number, as far as it keeps that."""
    order = worksheet.order
    places = {"Order": order.xp, "FromUser": order.from_user.xp if order.from_user else {}}
    return clean(first_text(rules.vat_number_check_paths, places))


def delivery_of(worksheet: wire.Worksheet, rules: CustomerRules) -> Address | None:
    """Where the first line with an address of its own goes."""
    shipping = _first_shipping_address(worksheet)
    return _address(shipping, rules) if shipping is not None else None


def postcode_of(address: wire.Address) -> str:
    """The postcode, whole: VAT may depend on it. Raises `PermanentError` if it cannot be one."""
    postcode = tidy(address.zip)
    if len(postcode) > _POSTCODE_LENGTH:
        raise PermanentError(
            "POSTCODE_TOO_LONG",
            f"The field `Zip` of an address has {len(postcode)} characters, and a postcode has at most "
            f"{_POSTCODE_LENGTH}. Correct the address in Sitecore, then resume.",
        )
    return postcode


def _company(address: wire.Address, rules: CustomerRules) -> str:
    """The company's name, or empty where the field says that there is none."""
    name = clean(address.company_name)
    is_name = names_somebody(name) and name.casefold() not in rules.words_for_no_company
    return name if is_name else ""


def _person(billing: wire.Address, user: wire.User, *, is_guest: bool) -> tuple[str, str]:
    """First and last name: of the user, or of the billing address where the user has none or is a guest."""
    at_home = clean(billing.first_name), clean(billing.last_name)
    of_user = clean(user.first_name), clean(user.last_name)
    return at_home if is_guest or not any(map(names_somebody, of_user)) else of_user


def _billing_of(worksheet: wire.Worksheet) -> wire.Address:
    return worksheet.order.billing_address or _first_shipping_address(worksheet) or wire.Address()


def _first_shipping_address(worksheet: wire.Worksheet) -> wire.Address | None:
    return next((item.shipping_address for item in worksheet.line_items if item.shipping_address), None)


def _address(address: wire.Address, rules: CustomerRules) -> Address:
    lines = (address.street1, address.street2, address.city, address.state)
    return Address(
        name=_company(address, rules) or clean(f"{address.first_name} {address.last_name}"),
        lines=tuple(line for line in map(clean, lines) if line),
        postcode=postcode_of(address),
        country=country_code(address.country),
    )
