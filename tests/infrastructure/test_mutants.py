"""The planted bugs still fit the project; `make mutants` plays them."""

from collections import Counter

import pytest

from tests.mutants.bugs import Bug, read_bugs

BUGS = read_bugs()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_can_be_planted_and_its_tests_are_there(bug: Bug) -> None:
    assert list(bug.faults()) == []
    assert bug.old != bug.new


def test_no_bug_is_planted_twice() -> None:
    assert [name for name, times in Counter(bug.name for bug in BUGS).items() if times > 1] == []
    planted = Counter((bug.file, bug.old, bug.new) for bug in BUGS)
    assert [bug for bug, times in planted.items() if times > 1] == []
