"""Refusals of the imitated OrderCloud API, in the platform's own error shape.

Codes and messages are the vendor's published ones where it publishes them (OC-18).
"""

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """A refused call: an HTTP status and one or more entries of the `Errors` list."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.entries: list[dict[str, Any]] = [{"ErrorCode": code, "Message": message, "Data": data}]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body: `{"Errors": [{"ErrorCode", "Message", "Data"}]}`."""
        return {"Errors": self.entries}


class OAuthError(ApiError):
    """A refusal of the token endpoint, which adds the two OAuth fields to the body."""

    def __init__(self, status: int, error: str, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.error = error

    @property
    def body(self) -> dict[str, Any]:
        message = self.entries[0]["Message"]
        return {"error": self.error, "error_description": message, "Errors": self.entries}


def not_found(object_type: str, object_id: str) -> ApiError:
    """404; the official front ends and SDKs read both fields of `Data`."""
    data = {"ObjectType": object_type, "ObjectID": object_id}
    return ApiError(404, "NotFound", "Object not found.", data)


def id_exists(object_type: str, object_id: str) -> ApiError:
    data = {"ObjectType": object_type, "ObjectID": object_id}
    return ApiError(409, "IdExists", "Object already exists.", data)


def invalid(problems: Sequence[tuple[str, str]]) -> ApiError:
    """400 with one entry for each `(field, message)`."""
    error = ApiError(400, "ValidationFailure", problems[0][1], {"Field": problems[0][0]})
    error.entries = [
        {"ErrorCode": "ValidationFailure", "Message": message, "Data": {"Field": field}} for field, message in problems
    ]
    return error


def invalid_token(reason: str) -> ApiError:
    return ApiError(401, "InvalidToken", f"Access token is invalid or expired: {reason}.")


def insufficient_roles(sufficient: Sequence[str], assigned: Sequence[str]) -> ApiError:
    message = "User does not have role(s) required to perform this action."
    data = {"SufficientRoles": sorted(sufficient), "AssignedRoles": sorted(assigned)}
    return ApiError(403, "InsufficientRoles", message, data)


def refused(code: str, message: str, data: Any = None) -> ApiError:
    """400 with the platform's own code, e.g. `Order.CannotShipBadStatus`."""
    return ApiError(400, code, message, data)
