import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shared.exact_json import read_json, write_json
from sandbox.shared.switches import Switch, Switches, UnknownSwitchError, switch_table

SWITCHES = (
    Switch("kettle", ("off", "on"), "is there tea"),
    Switch("lamp", ("dim", "bright"), "can one read"),
)

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(documents)
def test_json_written_and_read_is_the_same(document):
    assert read_json(write_json(document)) == document


@given(st.text())
def test_json_text_is_what_the_standard_library_reads(text):
    assert json.loads(write_json({"text": text})) == {"text": text}


def test_json_keeps_every_digit_and_writes_no_exponent():
    assert write_json([Decimal("1E+3"), Decimal("0.10"), 7]) == b"[1000, 0.10, 7]"


def test_json_refuses_floats_out_and_constants_in():
    with pytest.raises(TypeError):
        write_json({"rate": 0.1})
    with pytest.raises(ValueError, match="NaN"):
        read_json("[NaN]")


def test_switches_start_at_their_first_position():
    assert Switches(SWITCHES).positions() == {"kettle": "off", "lamp": "dim"}


def test_switches_reset_goes_back_to_the_positions_of_the_start():
    switches = Switches(SWITCHES, {"kettle": "on"})
    switches.put({"kettle": "off", "lamp": "bright"})

    switches.reset()

    assert switches.positions() == {"kettle": "on", "lamp": "dim"}


@pytest.mark.parametrize("wanted", [{"radio": "on"}, {"kettle": "boiling"}, {"kettle": ["on"]}, None])
def test_switches_refuse_what_does_not_exist(wanted):
    switches = Switches(SWITCHES)

    with pytest.raises(UnknownSwitchError):
        switches.put(wanted)

    assert switches.positions() == {"kettle": "off", "lamp": "dim"}


def test_switch_table_shows_the_default_in_bold():
    assert "| `kettle` | **`off`**, `on` | is there tea |" in switch_table(SWITCHES)
