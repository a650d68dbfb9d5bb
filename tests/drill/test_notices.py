"""People are told which order, why, how much and since when; once, in one message, and again once a day."""

import json
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from tests.drill.drills import HOUR, go_wrong, package_full
from tests.drill.stack import Stack, stack
from tests.simulation.drive import an_order

CHAT = "https://chat/hooks/secret-token"
PEOPLE = ("Ada", "Field", "High Street", "Leeds", "LS1", "shop.example", "Mug")


@pytest.fixture
def it() -> Iterator[Stack]:
    with stack() as made:
        made.run(600)
        yield made


def place(it: Stack, first: int, last: int) -> None:
    for number in range(first, last):
        it.world.plan(1, partial(it.world.place, an_order(number, 5)))


def told(it: Stack, topic: str) -> list[tuple[str, str]]:
    """Titles and texts, since the last look."""
    found = [(title, text) for name, title, text in it.world.published if name == topic]
    it.world.published = [one for one in it.world.published if one[0] != topic]
    return found


def chat(it: Stack, status: int = 200) -> list[dict[str, str]]:
    """From now on the technical people have a chat that answers so; what it gets."""
    posts: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posts.append(json.loads(request.content))
        return httpx.Response(status)

    it.world.secrets["chat"] = {"finance": "", "technical": CHAT}
    it.world.others["chat"] = httpx.MockTransport(answer)
    return posts


def test_parked_order_is_told_of_with_its_reason_amount_and_age_and_without_anything_about_people(it: Stack) -> None:
    package_full(it)
    place(it, 7, 8)
    it.run(600)
    ((title, text),) = told(it, "FinanceTopic")
    assert title == "1 order parked"
    for word in ("SO-7: KASHFLOW_REFUSED at CreateInvoice", "GBP, for 0 h", "docs/runbook.md#orders-parked"):
        assert word in text
    everything = " ".join(text for _, _, text in it.world.published) + text
    assert [name for name in PEOPLE if name in everything] == []


def test_second_parked_order_is_told_of_although_the_alarm_is_still_on(it: Stack) -> None:
    package_full(it)
    place(it, 1, 2)
    it.run(400)
    told(it, "FinanceTopic")
    place(it, 2, 3)
    it.run(400)
    ((_, text),) = told(it, "FinanceTopic")
    assert "SO-2:" in text
    assert "SO-1:" not in text
    assert len(it.rings()) == 1


def test_many_parked_orders_are_one_message(it: Stack) -> None:
    package_full(it)
    place(it, 0, 30)
    it.run(900)
    ((title, text),) = told(it, "FinanceTopic")
    assert title == "30 orders parked"
    assert text.count("KASHFLOW_REFUSED at") == 20
    assert "... and 10 more" in text


def test_what_still_waits_is_told_of_once_a_day_until_it_is_done(it: Stack) -> None:
    package_full(it)
    place(it, 1, 2)
    it.run(3 * HOUR)
    told(it, "FinanceTopic")
    it.run(48 * HOUR)
    reminders = told(it, "FinanceTopic")
    assert [title for title, _ in reminders] == ["Daily reminder: 1 order parked"] * 2
    assert "for 1 d" in reminders[1][1]
    it.world.kashflow.switches.put({"invoice_limit": "none"})
    (record,) = it.wiring.runs.in_state("parked")
    it.wiring.decisions.resume(record.subject, it.world.clock())
    it.run(48 * HOUR)
    assert told(it, "FinanceTopic") == []


def test_alarm_is_told_of_with_the_orders_that_wait_and_what_for(it: Stack) -> None:
    go_wrong({"kashflow": "refused"})(it)
    place(it, 1, 3)
    it.run(HOUR)
    ((title, text),) = told(it, "TechnicalTopic")
    assert title == "ALARM: sitecore-kashflow-SystemsAwayAlarm"
    for word in (
        "See docs/runbook.md#systems-away",
        "Orders that wait (2):",
        "NOT_REACHABLE",
        "KashFlow was not reached",
    ):
        assert word in text


def test_chat_gets_the_message_as_text_and_finance_is_told_there_if_it_has_no_chat_of_its_own(it: Stack) -> None:
    posts = chat(it)
    package_full(it)
    place(it, 1, 2)
    it.run(600)
    assert [sorted(post) for post in posts] == [["text"]] * len(posts)
    assert any(post["text"].startswith("*1 order parked*\nOrders that need a person (1):\nSO-1:") for post in posts)


def test_chat_that_refuses_raises_an_alarm_and_its_address_is_told_to_nobody(it: Stack) -> None:
    posts = chat(it, status=404)
    package_full(it)
    place(it, 1, 2)
    it.run(HOUR)
    assert posts != []
    assert "NotifyDeadLetterAlarm" in {change.alarm for change in it.rings()}
    assert "secret-token" not in str(it.world.published)


def test_order_that_could_not_be_told_of_is_told_of_when_it_can(it: Stack) -> None:
    chat(it, status=503)
    package_full(it)
    place(it, 1, 2)
    it.run(HOUR)
    assert told(it, "FinanceTopic") == []
    posts = chat(it)
    it.run(2 * HOUR)
    assert len([post for post in posts if "SO-1: KASHFLOW_REFUSED" in post["text"]]) == 1
    assert len(told(it, "FinanceTopic")) == 1
