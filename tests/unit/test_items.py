"""Items of a table: moments that compare as texts, and writes that are refused for one reason alone."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.tables.items import Items, moment_text

zones = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5))])
moments = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=zones)  # noqa: DTZ001


@given(first=moments, second=moments)
def test_moments_as_texts_compare_as_moments_do_wherever_they_were_taken(first: datetime, second: datetime) -> None:
    assert (moment_text(first) < moment_text(second)) == (first < second)
    assert datetime.fromisoformat(moment_text(first)) == first


def test_whole_second_compares_as_earlier_than_its_fractions() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert moment_text(noon) < moment_text(noon + timedelta(microseconds=1)) < moment_text(noon + timedelta(seconds=1))


def refusing(*codes: str) -> Items:
    """A table that refuses a transaction, with a reason for each of its items."""

    def refuse(**_: Any) -> NoReturn:
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        raise ClientError(answer, "TransactWriteItems")

    table: Any = SimpleNamespace(name="LedgerTable", meta=SimpleNamespace(client=SimpleNamespace()))
    table.meta.client.transact_write_items = refuse
    return Items(table)


def test_writes_whose_check_does_not_hold_are_not_made() -> None:
    assert not refusing("ConditionalCheckFailed", "None").write_together({}, {"Put": {"Item": {}}})


@pytest.mark.parametrize("codes", [("None", "TransactionConflict"), ("ThrottlingError", "None"), ()])
def test_writes_that_fail_for_another_reason_are_trouble_and_no_failed_check(codes: tuple[str, ...]) -> None:
    with pytest.raises(ClientError):
        refusing(*codes).write_together({}, {"Put": {"Item": {}}})


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, [1, 2, 3, 4, 5]), (3, [1, 2, 3]), (4, [1, 2, 3, 4]), (9, [1, 2, 3, 4, 5])]
)
def test_query_goes_on_after_a_page_that_is_shorter_than_its_limit(limit: int | None, expected: list[int]) -> None:
    """DynamoDB also ends a page by its size, here after two items."""

    def query(ExclusiveStartKey: int = 0, Limit: int = 9) -> dict[str, Any]:  # noqa: N803
        found = list(range(ExclusiveStartKey + 1, 6))[: min(2, Limit)]
        more = {"LastEvaluatedKey": found[-1]} if found and found[-1] < 5 else {}
        return {"Items": [{"number": number} for number in found], **more}

    table: Any = SimpleNamespace(query=query)
    asked = {} if limit is None else {"Limit": limit}
    assert [item["number"] for item in Items(table).query(**asked)] == expected
