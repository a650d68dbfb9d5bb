"""What a fresh marketplace holds: API clients, their users, locales, buyer `retail` with its guest."""

from sandbox.ordercloud import configs, models
from sandbox.ordercloud.identity import SELLER_ID
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store

BRIDGE_ROLES = [
    "OrderAdmin", "OrderReader", "UnsubmittedOrderReader", "BuyerReader", "BuyerUserReader", "BuyerUserAdmin",
    "AddressReader", "AddressAdmin", "ProductReader", "ProductAdmin", "PriceScheduleReader", "ShipmentReader",
]  # fmt: skip
SHOPPER_ROLES = ["Shopper", "MeAdmin", "MeAddressAdmin"]
_CLIENTS: list[Document] = [
    {
        "ID": "kashflow-bridge",
        "ClientSecret": "bridge-secret",
        "AppName": "KashFlow bridge",
        "DefaultContextUserName": "kashflow-bridge",
        "AllowSeller": True,
        "MaximumGrantedRoles": BRIDGE_ROLES,
    },
    {
        "ID": "setup",
        "ClientSecret": "setup-secret",
        "AppName": "Set-up by hand; no webhook listens to it",
        "DefaultContextUserName": "backoffice",
        "AllowSeller": True,
        "MaximumGrantedRoles": ["FullAccess"],
    },
    {
        "ID": "backoffice",
        "ClientSecret": "backoffice-secret",
        "AppName": "Back office",
        "DefaultContextUserName": "backoffice",
        "AllowSeller": True,
        "MaximumGrantedRoles": ["FullAccess"],
    },
    {
        "ID": "storefront",
        "ClientSecret": "storefront-secret",
        "AppName": "Storefront",
        "DefaultContextUserName": "guest",
        "AllowAnyBuyer": True,
        "IsAnonBuyer": True,
        "RefreshTokenDuration": 1440,
        "MaximumGrantedRoles": SHOPPER_ROLES,
    },
]
_LOCALES = {"en-GB": "GBP", "de-DE": "EUR", "en-US": "USD", "ja-JP": "JPY"}


def plant(store: Store) -> None:
    """Fill an empty store."""
    now = store.now()
    for client in _CLIENTS:
        store.put("apiclients", (), configs.API_CLIENT.create({"Active": True, **client}))
    for username in ("kashflow-bridge", "backoffice"):
        store.put("adminusers", (), _user(username, SELLER_ID, username, now))
    for locale_id, currency in _LOCALES.items():
        locale = {"ID": locale_id, "OwnerID": SELLER_ID, "Currency": currency, "Language": locale_id}
        store.put("locales", (), models.LOCALE.create(locale))
    buyer = models.BUYER.create({"ID": "retail", "Name": "Retail customers", "Active": True})
    store.put("buyers", (), {**buyer, "DateCreated": now})
    store.put("users", ("retail",), {**_user("guest", "retail", "Guest", now), "AvailableRoles": ["Shopper"]})
    assigned = {"ID": "retail", "LocaleID": "en-GB", "BuyerID": "retail", "UserGroupID": None}
    store.put("localeassignments", (), assigned)
    store.take_changes()


def _user(user_id: str, company_id: str, last_name: str, now: str) -> Document:
    user = models.USER.create(
        {
            "ID": user_id,
            "Username": user_id,
            "FirstName": "Sandbox",
            "LastName": last_name,
            "Email": f"{user_id}@shop.example",
            "Active": True,
        }
    )
    return {**user, "CompanyID": company_id, "DateCreated": now}
