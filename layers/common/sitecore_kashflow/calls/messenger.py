"""Messages to people: by e-mail, through a topic of SNS, or into a chat, through the address of its webhook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ..errors import RetryableError

_LONGEST_TITLE = 100  # of an e-mail's subject, by SNS


@dataclass(frozen=True)
class PeopleMessenger:
    """Sends to the topic and the chat of an audience. `sns` is boto3's client.

    `chats` gives the chats' addresses, which are secrets. An audience that has no chat of its own is told in the other
    one's, so that nobody is left out by a setting.
    """

    sns: Any
    http: httpx.Client
    topics: Mapping[str, str]
    chats: Callable[[], Mapping[str, str]]

    def tell(self, audience: str, title: str, text: str) -> None:
        """Send one message. Raises `RetryableError` if the chat does not take it.

        The chat comes first, because it is more likely to fail: then a second try repeats no mail.
        """
        chats = self.chats()
        address = chats.get(audience) or next(filter(None, chats.values()), "")
        if address:
            self._post(address, audience, f"*{title}*\n{text}")
        self.sns.publish(TopicArn=self.topics[audience], Subject=title[:_LONGEST_TITLE], Message=f"{title}\n\n{text}\n")

    def _post(self, address: str, audience: str, text: str) -> None:
        try:
            answer = self.http.post(address, json={"text": text})
        except httpx.HTTPError as error:
            raise _refusal(audience, type(error).__name__) from None
        if not answer.is_success:
            raise _refusal(audience, f"status {answer.status_code}")


def _refusal(audience: str, why: str) -> RetryableError:
    return RetryableError("CHAT_REFUSED", f"The chat of {audience} did not take a message ({why}). Check its address.")
