"""Natural keys: the same for the same thing, different for different things, in the alphabets of their readers."""

import re
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.keys import attempt_key, customer_code, digest_of, execution_name, invoice_reference
from sitecore_kashflow.runs.subject import Subject, subject_of

order_ids = st.text(alphabet=string.ascii_letters + string.digits + "-_", min_size=1, max_size=100)
runs = st.integers(min_value=1, max_value=9_999_999)
words = st.from_regex(r"[a-z][a-z_]{0,15}", fullmatch=True)


def order(order_id: str) -> Subject:
    return Subject("order", "ordercloud", order_id)


def test_keys_of_a_known_order_are_what_they_always_were() -> None:
    assert order("SO-1001").key == "order:ordercloud:SO-1001"
    assert order("SO-1001").pk == "ORDER#ordercloud:SO-1001"
    assert execution_name("order:ordercloud:SO-1001", 3) == "order-ordercloud-SO-1001-run-3"
    assert invoice_reference("SO-1001") == "SO-1001"
    assert customer_code("W", "ordercloud:retail:ada") == "WS3075VFF3XW"
    assert digest_of("SO-1001") == "d7fbde933d45eae6fa1cd621"


@given(order_id=order_ids, run=runs)
def test_execution_name_of_any_order_fits_step_functions(order_id: str, run: int) -> None:
    name = execution_name(order(order_id).key, run)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert name == execution_name(order(order_id).key, run)


@given(ids=st.lists(order_ids, min_size=2, max_size=2, unique=True), first=runs, second=runs)
def test_execution_names_of_different_orders_or_runs_differ(ids: list[str], first: int, second: int) -> None:
    names = {execution_name(order(one).key, run) for one in ids for run in {first, second}}
    assert len(names) == 2 * len({first, second})


def test_attempt_keys_compare_in_the_order_in_which_the_attempts_began() -> None:
    entered = datetime(2026, 11, 20, 12, tzinfo=UTC)
    moments = (entered, entered + timedelta(milliseconds=5), entered + timedelta(seconds=1))
    keys = [attempt_key(moment, retries) for moment in moments for retries in (0, 9, 10, 399, 4000)]
    assert keys == sorted(keys)


@given(order_id=order_ids)
def test_invoice_reference_fits_kashflow_and_is_the_order_id_where_that_fits(order_id: str) -> None:
    reference = invoice_reference(order_id)
    assert len(reference) <= 50
    assert (reference == order_id) == (len(order_id) <= 50)


@pytest.mark.parametrize("length", [51, 60, 100])
def test_long_orders_that_differ_only_at_the_end_keep_different_keys(length: int) -> None:
    one, other = "A" * (length - 1) + "1", "A" * (length - 1) + "2"
    assert invoice_reference(one) != invoice_reference(other)
    assert execution_name(order(one).key, 1) != execution_name(order(other).key, 1)
    assert invoice_reference(one).startswith("A" * 30)


@given(
    key=st.text(max_size=120), prefix=st.text(alphabet=string.ascii_uppercase + string.digits, min_size=1, max_size=4)
)
def test_customer_code_of_any_key_has_twelve_letters_and_digits(key: str, prefix: str) -> None:
    code = customer_code(prefix, key)
    assert re.fullmatch(r"[A-Z0-9]{12}", code)
    assert code.startswith(prefix)
    assert code == customer_code(prefix, key)


def test_customer_codes_of_twenty_thousand_customers_do_not_collide() -> None:
    codes = {customer_code("W", f"ordercloud:retail:user-{number}") for number in range(20_000)}
    assert len(codes) == 20_000


def test_customer_code_follows_the_key_alone() -> None:
    keys = ("ordercloud:retail:ada", "ordercloud:retail:Ada", "ordercloud:trade:ada", "ordercloud:retail")
    assert len({customer_code("W", key) for key in keys}) == len(keys)


@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_digest_of_tells_texts_apart_and_has_a_fixed_width(one: str, other: str) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)
    assert re.fullmatch(r"[0-9a-f]{24}", digest_of(one))


@given(kind=words, source=words, subject_id=order_ids)
def test_a_subject_is_known_again_by_its_partition_key(kind: str, source: str, subject_id: str) -> None:
    subject = Subject(kind, source, subject_id)
    assert subject_of(subject.pk) == subject
    assert subject.key == f"{kind}:{source}:{subject_id}"


@given(one=st.tuples(words, words, order_ids), other=st.tuples(words, words, order_ids))
def test_different_subjects_have_different_keys_and_names(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    first, second = Subject(*one), Subject(*other)
    assert (first.key == second.key) == (first.pk == second.pk) == (one == other)
    assert (execution_name(first.key, 1) == execution_name(second.key, 1)) == (one == other)


@pytest.mark.parametrize(
    ("kind", "source", "subject_id"),
    [
        ("order", "ordercloud", ""),
        ("order", "ordercloud", "x" * 101),
        ("order", "ordercloud", "SO 1001"),
        ("order", "ordercloud", "SO#1001"),
        ("order", "ordercloud", "SO:1001"),
        ("order", "ordercloud", "SO-1001\n"),
        ("Order", "ordercloud", "SO-1001"),
        ("", "ordercloud", "SO-1001"),
        ("order", "", "SO-1001"),
        ("order", "order:cloud", "SO-1001"),
        ("order", "order-cloud", "SO-1001"),
    ],
)
def test_a_subject_that_could_not_stand_in_a_key_does_not_exist(kind: str, source: str, subject_id: str) -> None:
    with pytest.raises(ValueError, match="has 1 to 100 characters"):
        Subject(kind, source, subject_id)
