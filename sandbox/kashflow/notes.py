"""Notes on customers and invoices: `/customers/{code}/notes`, `/invoices/{number}/notes`."""

import re

from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.reading import Record, Shape, text
from sandbox.kashflow.refusals import bad_request, not_found

_NOTE = Shape(Text=text)
_WORDS = {"1": "customers", "3": "invoices"}


def list_notes(books: Books, call: Call) -> Reply:
    """GET /{object}/{key}/notes."""
    return Reply(_notes(books, call))


def post_note(books: Books, call: Call) -> Reply:
    """POST /{object}/{key}/notes `{"Text": "..."}`."""
    notes = _notes(books, call)
    number = max((note["Number"] for note in notes), default=0) + 1
    note = {"Number": number, "Text": _text(call), "Date": books.today(), "LastModifiedBy": "Sandbox Bridge"}
    notes.append(note)
    return Reply(note, 201)


def get_note(books: Books, call: Call) -> Reply:
    """GET /{object}/{key}/notes/{number}."""
    return Reply(_named(books, call))


def put_note(books: Books, call: Call) -> Reply:
    """PUT /{object}/{key}/notes/{number}."""
    note = _named(books, call)
    note["Text"] = _text(call)
    return Reply(note)


def delete_note(books: Books, call: Call) -> Reply:
    """DELETE /{object}/{key}/notes/{number}."""
    _notes(books, call).remove(_named(books, call))
    return NO_CONTENT


def _text(call: Call) -> str:
    written = _NOTE.read(call.body, "the note").get("Text")
    if not written:
        raise bad_request("a note needs a Text")
    return str(written)


def _notes(books: Books, call: Call) -> list[Record]:
    kind = call.parts["object"].lower()
    kind, key = _WORDS.get(kind, kind), call.parts["key"].lower()
    if kind == "customers":
        owner = books.customer_by_code(key)
    else:
        owner = books.invoices.get(int(key)) if re.fullmatch(r"[0-9]{1,12}", key) else None
    if owner is None:
        raise not_found(f"{kind} {key}")
    return books.notes[kind, str(owner["Id"])]


def _named(books: Books, call: Call) -> Record:
    number = int(call.parts["number"])
    note = next((note for note in _notes(books, call) if note["Number"] == number), None)
    if note is None:
        raise not_found(f"Note {number}")
    return note
