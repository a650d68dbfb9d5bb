"""A refusal says why, in the system's own words, and shows nothing of what was sent."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.books.kashflow import client as kashflow
from sitecore_kashflow.calls.http import Call, Caller, Dialect, http_client
from sitecore_kashflow.calls.refusals import scrubbed
from sitecore_kashflow.errors import RefusedError
from sitecore_kashflow.shops.ordercloud import client as ordercloud
from tests.unit.doubles import Clock

CUSTOMER = {
    "Code": "W7F3K9Q2M4X1",
    "Name": "Zoë Quillfeather",
    "Note": "Sitecore customer acme:zoe",
    "Contacts": [{"Firstname": "Zoë", "Email": "zoe@quill.example", "Telephone": "0161 496 0733"}],
    "Addresses": [{"Line1": "12 Larkspur Row", "PostCode": "M1 4ZZ", "CountryCode": "GB"}],
}


def refused(message: str, body: Any, dialect: Dialect = kashflow.DIALECT, told: Any = None) -> str:
    """The words of the error when a write of this body is refused with this message."""
    answer = httpx.Response(400, json=told or {"Error": "Bad", "Message": message})
    caller = Caller(dialect, "https://x.test", http_client(httpx.MockTransport(lambda _: answer)), Clock())
    with pytest.raises(RefusedError) as caught:
        caller.call(Call("POST", "/customers", json=body))
    assert caught.value.words in str(caught.value)
    return caught.value.words


def why(message: str, body: Any = None) -> str:
    return refused(message, CUSTOMER if body is None else body).partition(" It says: ")[2]


@pytest.mark.parametrize(
    "message",
    [
        "This period is locked.",
        "CustomerCode must have 2 to 12 characters.",
        "Addresses[0].CountryCode is not valid.",
        "The customer already exists.",
    ],
)
def test_what_a_system_says_of_itself_is_shown(message: str) -> None:
    assert why(message) == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Zoë Quillfeather is too long.", "… is too long."),
        ("Name 'ZOË QUILLF' was cut.", "Name '… …' was cut."),
        ("zoe@quill.example is taken.", "… is taken."),
        ("somebody.else@shop.example has it.", "… has it."),
        ("Call 01614960733 first.", "Call … first."),
        ("Postcode &#39;M1 4ZZ&#39; is wrong.", "Postcode '…' is wrong."),
        ("Wrong:\r\n\x1b[31m12\tLarkspur\x00Row", "Wrong: [31m…"),
        ("No customer Zoe\u0308.", "No customer …."),
    ],
)
def test_what_was_sent_is_left_out_even_if_it_comes_back_in_part(message: str, shown: str) -> None:
    assert why(message) == shown


def test_message_is_cut_short() -> None:
    assert len(why("lock " * 500)) <= 202


def test_ordercloud_says_why_too() -> None:
    told = {"Errors": [{"ErrorCode": "Bad", "Message": "xp of SO-77 is too large.", "Data": None}]}
    words = refused("", {"xp": {"KashFlow": {"Error": "SO-77"}}}, ordercloud.DIALECT, told)
    assert words.endswith("code Bad. It says: xp of … is too large.")


@pytest.mark.parametrize("told", [{"Error": "Bad"}, {"Error": "Bad", "Message": None}, {"Error": "Bad", "Message": ""}])
def test_refusal_without_a_message_says_no_more_than_status_and_code(told: Any) -> None:
    assert refused("", CUSTOMER, told=told).endswith("status 400, code Bad.")


def test_token_of_a_call_is_never_shown() -> None:
    answer = httpx.Response(400, json={"Error": "Bad", "Message": "Token 9a1b7e52 may not do this."})
    caller = Caller(kashflow.DIALECT, "https://x.test", http_client(httpx.MockTransport(lambda _: answer)), Clock())
    with pytest.raises(RefusedError) as caught:
        caller.call(Call("POST", "/invoices", json={}, headers={"Authorization": "KfToken 9a1b7e52"}))
    assert "9a1b7e52" not in caught.value.words


CANARIES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=3, max_size=30).map(
    lambda text: f"Qx{text}xQ"
)


@given(st.lists(CANARIES, min_size=1, max_size=5), st.data())
def test_nothing_that_was_sent_stands_in_the_words_whatever_the_message_quotes(
    canaries: list[str], data: st.DataObject
) -> None:
    quoted = data.draw(st.lists(st.sampled_from(canaries), min_size=1))
    joints = st.sampled_from([" ", "", "'", ", ", ": ", "\n"])
    message = "".join(data.draw(joints) + data.draw(st.sampled_from([one, one.upper(), one.lower()])) for one in quoted)
    body = {"Name": canaries[0], "LineItems": [{"Description": one} for one in canaries[1:]]}
    shown = scrubbed(message, body)
    assert [one for one in canaries if one.casefold() in shown.casefold()] == []
    assert all(sign.isprintable() for sign in shown)
