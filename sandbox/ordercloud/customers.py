"""Buyers, their users and addresses, locales, and what a user may do with himself under `v1/me`."""

from collections.abc import Callable

from sandbox.ordercloud import models
from sandbox.ordercloud.crud import Collection, Crud
from sandbox.ordercloud.errors import ApiError, invalid, not_found, refused
from sandbox.ordercloud.identity import SELLER_ID, Identity
from sandbox.ordercloud.routing import Call, Caller, Reply, Route, roles
from sandbox.ordercloud.schema import Document, Model, text
from sandbox.ordercloud.store import Parent, Store

_BUYER = (("buyerID", "buyers", "Buyer"),)
_ANYBODY = roles("Shopper", "MeAdmin", "OrderReader", "OrderAdmin", "BuyerReader")
_STATE_COUNTRIES = ("US", "CA")

LOCALE_ASSIGNMENT = Model(
    "LocaleAssignment",
    {
        "LocaleID": text(100, required=True),
        "BuyerID": text(100, required=True),
        "UserGroupID": text(100),
    },
)


class Customers:
    """Who buys."""

    def __init__(self, store: Store, identity: Identity, nested_xp: Callable[[], bool]) -> None:
        self._store = store
        self._identity = identity
        self._nested_xp = nested_xp

    def routes(self) -> list[Route]:
        users = roles("BuyerUserReader"), roles("BuyerUserAdmin")
        own_addresses = roles("MeAddressAdmin", "Shopper")
        collections = [
            Collection(
                "buyers", models.BUYER, "v1/buyers", "buyerID", roles("BuyerReader"), roles("BuyerAdmin")
            ),
            Collection(
                "users", models.USER, "v1/buyers/{buyerID}/users", "userID", *users, _BUYER,
                prepare=self._user, show=self.shown_user,
            ),
            Collection(
                "addresses", models.ADDRESS, "v1/buyers/{buyerID}/addresses", "addressID",
                roles("AddressReader"), roles("AddressAdmin"), _BUYER, prepare=_address,
            ),
            Collection(
                "approvalrules", models.APPROVAL_RULE, "v1/buyers/{buyerID}/approvalrules", "approvalRuleID",
                roles("ApprovalRuleReader"), roles("ApprovalRuleAdmin"), _BUYER,
            ),
            Collection(
                "adminusers", models.USER, "v1/adminusers", "userID",
                roles("AdminUserReader"), roles("AdminUserAdmin"), prepare=self._admin_user,
            ),
            Collection(
                "locales", models.LOCALE, "v1/locales", "localeID",
                roles("LocaleReader"), roles("LocaleAdmin"),
            ),
        ]  # fmt: skip
        plain = [route for each in collections for route in Crud(self._store, each, self._nested_xp).routes()]
        own = Collection(
            "ownaddresses", models.BUYER_ADDRESS, "v1/me/addresses", "addressID",
            own_addresses, own_addresses,
            prepare=_address,
        )  # fmt: skip
        return [
            *plain,
            *(_OwnAddresses(self._store, own, self._nested_xp).routes()),
            Route("POST", "v1/locales/assignments", roles("LocaleAdmin"), self.assign_locale),
            Route("POST", "v1/buyers/{buyerID}/users/{userID}/moveto/{newBuyerID}", users[1], self.move_user),
            Route("GET", "v1/me", _ANYBODY, self.me),
            Route("PUT", "v1/me", roles("MeAdmin"), self.replace_me),
            Route("PATCH", "v1/me", roles("MeAdmin"), self.patch_me),
            Route("PUT", "v1/me/register", roles("Shopper"), self.register),
        ]

    def shown_user(self, parent: Parent, user: Document) -> Document:
        """A buyer user with the locale of his buyer."""
        return {**user, "Locale": locale(self._store, parent[0])}

    def assign_locale(self, call: Call) -> Reply:
        """Give a buyer's users a locale, and with it their currency."""
        wanted = LOCALE_ASSIGNMENT.create(call.fields)
        self._store.get("locales", (), wanted["LocaleID"], "Locale")
        self._store.get("buyers", (), wanted["BuyerID"], "Buyer")
        self._store.put("localeassignments", (), {**wanted, "ID": wanted["BuyerID"]})
        return Reply(204)

    def move_user(self, call: Call) -> Reply:
        old, new, user_id = (call.params[name] for name in ("buyerID", "newBuyerID", "userID"))
        user = self._store.get("users", (old,), user_id, "User")
        self._store.get("buyers", (), new, "Buyer")
        moved = self._store.add("users", (new,), {**user, "CompanyID": new}, "User")
        self._store.delete("users", (old,), user_id, "User")
        return Reply(200, self.shown_user((new,), models.USER.shown(moved)))

    def me(self, call: Call) -> Reply:
        return Reply(200, self._shown_self(call.caller, self._self(call.caller)))

    def replace_me(self, call: Call) -> Reply:
        before = self._self(call.caller)
        fresh = models.USER.create({**call.fields, "ID": before["ID"]})
        kept = {name: before[name] for name in ("DateCreated", "Password", "PasswordLastSetDate")}
        return self._save_self(call, {**self._user(call, fresh, before), **kept})

    def patch_me(self, call: Call) -> Reply:
        before = self._self(call.caller)
        return self._save_self(call, models.USER.patch(before, call.fields, nested_xp=self._nested_xp()))

    def register(self, call: Call) -> Reply:
        """An anonymous shopper becomes a user; answers with a token (OC-77)."""
        if call.caller.order_id is None:
            raise refused("User.IsNotTemp", "The current user is not a temp user.")
        call.params["buyerID"] = call.caller.company_id
        user = self._user(call, models.USER.create(call.fields), None)
        user = {**user, "DateCreated": self._store.now()}
        added = self._store.add("users", (call.caller.company_id,), user, "User")
        token = self._identity.token_for(call.caller.client_id, added, sorted(call.caller.roles))
        return Reply(200, {"access_token": token["access_token"]})

    def _user(self, call: Call, user: Document, before: Document | None) -> Document:
        buyer_id = call.params.get("buyerID", call.caller.company_id)
        self._check_username(user, before)
        return self._with_password_date({**user, "CompanyID": buyer_id, "AvailableRoles": ["Shopper"]}, before)

    def _admin_user(self, _call: Call, user: Document, before: Document | None) -> Document:
        self._check_username(user, before)
        return self._with_password_date({**user, "CompanyID": SELLER_ID}, before)

    def _check_username(self, user: Document, before: Document | None) -> None:
        if before and before["Username"].lower() == user["Username"].lower():
            return
        for table in ("users", "adminusers"):
            for _, other in self._store.everywhere(table):
                if other["Username"].lower() == user["Username"].lower():
                    message = "Username already exists in this Buying Network."
                    raise ApiError(409, "User.UsernameMustBeUnique", message)

    def _with_password_date(self, user: Document, before: Document | None) -> Document:
        if user["Password"] is None and before:
            return {**user, "Password": before["Password"]}
        if user["Password"] and user["Password"] != (before or {}).get("Password"):
            return {**user, "PasswordLastSetDate": self._store.now()}
        return user

    def _table_of(self, caller: Caller) -> tuple[str, Parent]:
        return ("adminusers", ()) if caller.is_seller else ("users", (caller.company_id,))

    def _self(self, caller: Caller) -> Document:
        table, parent = self._table_of(caller)
        return self._store.get(table, parent, caller.user_id, "User")

    def _save_self(self, call: Call, user: Document) -> Reply:
        table, parent = self._table_of(call.caller)
        return Reply(200, self._shown_self(call.caller, self._store.put(table, parent, user)))

    def _shown_self(self, caller: Caller, user: Document) -> Document:
        shown = models.USER.shown(user)
        if caller.is_seller:
            return {**shown, "Buyer": None, "Supplier": None, "Seller": {"ID": SELLER_ID}}
        buyer = self._store.get("buyers", (), caller.company_id, "Buyer")
        own_buyer = {"ID": buyer["ID"], "DefaultCatalogID": buyer["DefaultCatalogID"]}
        shopper = self.shown_user((caller.company_id,), shown)
        return {**shopper, "Buyer": own_buyer, "Supplier": None, "Seller": None}


class _OwnAddresses(Crud):
    """`v1/me/addresses`: the private addresses of the calling user."""

    def _parent(self, call: Call) -> Parent:
        return (call.caller.company_id, call.caller.user_id)


def locale(store: Store, buyer_id: str) -> Document | None:
    """The locale assigned to a buyer, or None: then his orders have no currency (OC-37)."""
    assigned = store.find("localeassignments", (), buyer_id)
    return store.find("locales", (), assigned["LocaleID"]) if assigned else None


def address_for(store: Store, buyer_id: str, user_id: str, address_id: str) -> Document:
    """An address a user may put on an order: one of his buyer's, or his own; 404 otherwise."""
    address = store.find("addresses", (buyer_id,), address_id)
    address = address or store.find("ownaddresses", (buyer_id, user_id), address_id)
    if address is None:
        raise not_found("Address", address_id)
    return models.ADDRESS.shown(address)


def one_time_address(body: Document) -> Document:
    """An address given with the order itself, without an id."""
    return {**checked_address(models.ADDRESS.create(body)), "ID": None}


def checked_address(address: Document) -> Document:
    """400 for what a country requires and the address lacks."""
    problems = []
    if not (len(address["Country"]) == 2 and address["Country"].isalpha()):
        problems.append(("Country", "Country must be a two-letter code."))
    if address["Country"].upper() in _STATE_COUNTRIES:
        problems += [
            (name, f"{name} is required in {address['Country']}.") for name in ("State", "Zip") if not address[name]
        ]
    if problems:
        raise invalid(problems)
    return address


def _address(_call: Call, address: Document, _before: Document | None) -> Document:
    return checked_address(address)
