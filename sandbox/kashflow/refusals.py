"""What the imitated system says no with."""


class RefusalError(Exception):
    """An error answer: status, the code in `Error`, the English text in `Message`.

    Only the codes of KF-8 to KF-12 are meant to be branched on (`InvalidSessionToken`, `InvalidCredentials`,
    `AccountLocked`); `BadRequest`, `NotFound` and the like are guesses at codes that are not known.
    """

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _CODES.get(status, "Error")


_CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
}


def bad_request(message: str) -> RefusalError:
    """400 with a text."""
    return RefusalError(400, message)


def not_found(what: str) -> RefusalError:
    """404 for a thing named in the path."""
    return RefusalError(404, f"{what} was not found")
