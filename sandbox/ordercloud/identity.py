"""API clients, access tokens and who a call comes from (OC-3, OC-4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from sandbox.ordercloud.errors import OAuthError, insufficient_roles, invalid_token
from sandbox.ordercloud.routing import FULL_ACCESS, Caller
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.shared.switches import Switches

SELLER_ID = "SELLER"
_TOKEN_KEY = b"sandbox-token-key"


class Identity:
    """Issues tokens and reads them back. Tokens are JWTs with the documented claims, signed with HS256."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches
        self._ended: set[str] = set()
        self._refresh: dict[str, tuple[str, Caller]] = {}

    def snapshot(self) -> tuple[Any, ...]:
        """Revoked tokens and open refresh tokens."""
        return self._ended, self._refresh

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Restore a snapshot."""
        self._ended, self._refresh = snapshot

    def issue(self, form_body: bytes) -> Document:
        """The answer of `POST /oauth/token` to a form; raises OAuthError."""
        form = dict(parse_qsl(form_body.decode(), keep_blank_values=True))
        client = self._client(form.get("client_id", ""), form.get("client_secret"))
        match form.get("grant_type"):
            case "client_credentials":
                return self._by_client(client, form)
            case "password":
                return self._by_password(client, form)
            case "refresh_token":
                return self._by_refresh(client, form)
        raise self._refusal("unsupported_grant_type", "Auth.OauthError", "grant_type is missing or not supported.")

    def token_for(self, client_id: str, user: Document, granted: list[str]) -> Document:
        """A fresh token answer for a user, e.g. after a registration."""
        client = self._store.get("apiclients", (), client_id, "ApiClient")
        return self._answer(client, user, granted)

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """The caller that a request's bearer token belongs to; 401 for a missing, forged, expired or ended token."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise invalid_token("no bearer token was sent")
        if token in self._ended:
            raise invalid_token("it was revoked")
        claims = _claims(token)
        if claims["exp"] <= self._store.clock().timestamp():
            raise invalid_token("it has expired")
        roles = claims["role"] if isinstance(claims["role"], list) else [claims["role"]]
        return Caller(
            claims["uid"], claims["usr"], claims["usrtype"], claims["company"], claims["cid"],
            frozenset(roles), token, claims.get("orderid"),
        )  # fmt: skip

    def end(self, headers: Mapping[str, str]) -> None:
        """Revoke the token that a request carries."""
        self._ended.add(headers.get("authorization", "").partition(" ")[2])

    def elevated(self, caller: Caller, roles: list[str]) -> str:
        """The caller's token with further roles, as webhooks pass it on."""
        if not roles:
            return caller.token
        claims = _claims(caller.token)
        return self._signed({**claims, "role": sorted(caller.roles | set(roles))})

    @staticmethod
    def require(caller: Caller, sufficient: frozenset[str]) -> None:
        """403 unless the caller has one of the roles."""
        if not caller.has(*sufficient):
            raise insufficient_roles(sorted(sufficient), sorted(caller.roles))

    def _client(self, client_id: str, secret: str | None) -> Document:
        client = self._store.find("apiclients", (), client_id)
        if client is None or (secret is not None and not _same(secret, client["ClientSecret"])):
            raise self._refusal("invalid_client", "ApiClient.InvalidClientID", "Invalid client id or secret.")
        if not client["Active"]:
            raise self._refusal("invalid_client", "Auth.ClientNotActive", "Client not active.")
        return client

    def _by_client(self, client: Document, form: Mapping[str, str]) -> Document:
        if "client_secret" not in form and not client["IsAnonBuyer"]:
            raise self._refusal("invalid_client", "ApiClient.InvalidClientID", "Invalid client id or secret.")
        user = self._user(str(client["DefaultContextUserName"]))
        if user is None:
            raise self._refusal("invalid_grant", "Auth.UserNotFound", "User not found.")
        cart = self._store.new_id() if client["IsAnonBuyer"] else None
        return self._answer(client, user, self._granted(client, form), cart)

    def _by_password(self, client: Document, form: Mapping[str, str]) -> Document:
        user = self._user(form.get("username", ""))
        allowed = user and (client["AllowSeller"] if user["CompanyID"] == SELLER_ID else client["AllowAnyBuyer"])
        if user is None or not allowed or not _same(form.get("password", ""), user["Password"] or ""):
            raise self._refusal("invalid_grant", "Auth.InvalidUsernameOrPassword", "Invalid username or password.")
        if not user["Active"]:
            raise self._refusal("invalid_grant", "Auth.UserNotActive", "User not active.")
        return self._answer(client, user, self._granted(client, form))

    def _by_refresh(self, client: Document, form: Mapping[str, str]) -> Document:
        client_id, caller = self._refresh.pop(form.get("refresh_token", ""), ("", None))
        user = self._user(caller.username) if caller else None
        if caller is None or user is None or client_id != client["ID"]:
            raise self._refusal("invalid_grant", "Auth.OauthError", "The refresh token is not valid.")
        return self._answer(client, user, sorted(caller.roles), caller.order_id)

    def _granted(self, client: Document, form: Mapping[str, str]) -> list[str]:
        """The roles asked for, or all the client may grant; asking for more is refused."""
        most = client["MaximumGrantedRoles"]
        wanted = form.get("scope", "").split()
        if FULL_ACCESS not in most and set(wanted) - set(most):
            message = "User does not have role(s) required to perform this action."
            raise self._refusal("invalid_scope", "Auth.InsufficientRoles", message)
        return wanted or list(most)

    def _answer(self, client: Document, user: Document, granted: list[str], cart: str | None = None) -> Document:
        now = self._store.clock()
        seconds = min(client["AccessTokenDuration"] * 60, int(self._switches["token_seconds"]))
        claims = {
            "usr": user["Username"],
            "cid": client["ID"],
            "usrtype": "admin" if user["CompanyID"] == SELLER_ID else "buyer",
            "uid": user["ID"],
            "company": user["CompanyID"],
            "role": granted[0] if len(granted) == 1 else granted,
            "iss": "sandbox",
            "aud": "sandbox",
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": self._store.new_id(),
        }
        if cart:
            claims["orderid"] = cart
        token = self._signed(claims)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": max(seconds - 1, 1)}
        if client["RefreshTokenDuration"]:
            caller = Caller(
                user["ID"], user["Username"], claims["usrtype"], user["CompanyID"], client["ID"],
                frozenset(granted), token, cart,
            )  # fmt: skip
            answer["refresh_token"] = self._store.new_id()
            self._refresh[answer["refresh_token"]] = (client["ID"], caller)
        return answer

    def _user(self, username: str) -> Document | None:
        for table in ("adminusers", "users"):
            for _, user in self._store.everywhere(table):
                if user["Username"].lower() == username.lower():
                    return user
        return None

    def _signed(self, claims: Mapping[str, Any]) -> str:
        head = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        payload = _encoded(json.dumps(claims).encode())
        return f"{head}.{payload}.{_signature(head, payload)}"

    def _refusal(self, error: str, code: str, message: str) -> OAuthError:
        return OAuthError(int(self._switches["auth_error_status"]), error, code, message)


@lru_cache(maxsize=1024)
def _claims(token: str) -> Mapping[str, Any]:
    head, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    if not _same(signature, _signature(head, payload)):
        raise invalid_token("its signature is wrong")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _signature(head: str, payload: str) -> str:
    return _encoded(hmac.new(_TOKEN_KEY, f"{head}.{payload}".encode(), hashlib.sha256).digest())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
