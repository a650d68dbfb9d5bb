"""The signature of what OrderCloud posts (OC-54)."""

import pytest

from sitecore_kashflow.shops.ordercloud.signature import is_signed, signature

VENDORS_BODY = (
    b'{"Route":"v1/buyers/{buyerID}/addresses/{addressID}","Verb":"PUT",'
    b'"Request":{"Body":{"City":"Minneapolis"}},"ConfigData":{"Foo":"blah"}}'
)
VENDORS_SIGNATURE = "4NPw1O9AviSOC1A3C+HqkDutRLNwyABneY/3M2OqByE="
OWN_BODY = '{"Name":"Café £12.50"}'.encode()
OWN_SIGNATURE = "BDzrBjoBjL2jO7kBKdbiVdSuiu46Ugy0GMfF7jEykwc="


@pytest.mark.parametrize(
    ("key", "body", "expected"),
    [("myhashkey", VENDORS_BODY, VENDORS_SIGNATURE), ("test-hash-key", OWN_BODY, OWN_SIGNATURE)],
)
def test_signature_of_the_published_vectors_is_theirs(key: str, body: bytes, expected: str) -> None:
    assert signature(key, body) == expected
    assert is_signed(body, expected, [key])


def test_either_of_two_live_keys_is_accepted_during_a_rotation() -> None:
    for keys in (("myhashkey", "older"), ("newer", "myhashkey")):
        assert is_signed(VENDORS_BODY, VENDORS_SIGNATURE, keys)
    assert not is_signed(VENDORS_BODY, VENDORS_SIGNATURE, ("newer", "older"))


@pytest.mark.parametrize("keys", [(), ("",), ("", "")])
def test_an_empty_key_never_matches_not_even_its_own_signature(keys: tuple[str, ...]) -> None:
    assert not is_signed(VENDORS_BODY, signature("", VENDORS_BODY), keys)


@pytest.mark.parametrize(
    "sent",
    ["", " ", VENDORS_SIGNATURE.rstrip("="), VENDORS_SIGNATURE.lower(), VENDORS_SIGNATURE + " ", "é", OWN_SIGNATURE],
)
def test_anything_but_the_exact_signature_is_refused(sent: str) -> None:
    assert not is_signed(VENDORS_BODY, sent, ["myhashkey"])


@pytest.mark.parametrize("body", [VENDORS_BODY + b"\n", VENDORS_BODY[:-1], VENDORS_BODY.replace(b":", b": "), b""])
def test_a_body_that_was_changed_by_a_byte_is_refused(body: bytes) -> None:
    assert not is_signed(body, VENDORS_SIGNATURE, ["myhashkey"])
