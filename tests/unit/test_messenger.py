"""A chat that cannot be reached is an error that does not quote its address, and the mail is not sent before it."""

from types import SimpleNamespace

import httpx
import pytest

from sitecore_kashflow.calls.messenger import PeopleMessenger
from sitecore_kashflow.errors import RetryableError

ADDRESS = "https://chat/hooks/secret-token"
TOPICS = {"finance": "FinanceTopic", "technical": "TechnicalTopic"}


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"no way to {request.url}", request=request)


def test_chat_that_is_not_reached_is_an_error_without_its_address_and_before_any_mail() -> None:
    mails: list[object] = []
    sns = SimpleNamespace(publish=lambda **mail: mails.append(mail))
    http = httpx.Client(transport=httpx.MockTransport(unreachable))
    messenger = PeopleMessenger(sns, http, TOPICS, lambda: {"finance": ADDRESS, "technical": ""})
    with pytest.raises(RetryableError) as refused:
        messenger.tell("technical", "1 order parked", "SO-1")
    assert "secret-token" not in str(refused.value)
    assert refused.value.__suppress_context__
    assert mails == []


def test_mail_has_a_subject_that_sns_takes_and_no_chat_is_needed() -> None:
    mails: list[dict[str, str]] = []
    sns = SimpleNamespace(publish=lambda **mail: mails.append(mail))
    messenger = PeopleMessenger(sns, httpx.Client(), TOPICS, lambda: {"finance": "", "technical": ""})
    messenger.tell("finance", "x" * 300, "SO-1")
    assert (mails[0]["TopicArn"], len(mails[0]["Subject"])) == ("FinanceTopic", 100)
