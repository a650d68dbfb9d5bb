"""What an engine is to make of the real workflow file: the same scripts for every engine that runs it.

A script says what each call of a function answers, in order. An engine plays it and tells which functions it called
with what, and how the run ended. The simulation's walker, moto and the local AWS have to tell the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.deployed import workflow_definition

Data = dict[str, Any]
TRIES = 8
"""`MaxAttempts` of the definition that is played: enough for every error name of a retrier once."""
PATIENCE_SECONDS = 3
"""`TimeoutSeconds` of the definition in which functions sleep; they sleep one second longer."""
BLANK = "(token)"


@dataclass(frozen=True)
class Fails:
    """The function fails with an error of this name."""

    name: str
    words: str = "as the script has it"

    @property
    def cause(self) -> str:
        """What the workflow is told, as far as engines agree on it."""
        return json.dumps({"errorType": self.name, "errorMessage": self.words})


@dataclass(frozen=True)
class Sleeps:
    """The function answers later than the state waits."""


@dataclass(frozen=True)
class Dies:
    """The function's process ends in the middle of the call."""


Told = Data | Fails | Sleeps | Dies


@dataclass(frozen=True)
class Line:
    """One call of a function, and the person's decision if its task token is answered with one."""

    function: str
    told: Told
    decision: Data | None = None


@dataclass(frozen=True)
class Script:
    """One run: every call in order, and how it ends."""

    name: str
    lines: tuple[Line, ...]
    ends: str = "SUCCEEDED"
    is_slow: bool = False
    unlike_on_ministack: str = ""
    """Why MiniStack ends it otherwise; empty where it does as AWS does."""

    @property
    def given(self) -> Data:
        """The execution's input."""
        return {"job": {"order_id": self.name, "run": 1}}


@dataclass(frozen=True)
class Played:
    """What an engine made of a script. `output` of a run that succeeded, `error` of one that did not."""

    calls: tuple[tuple[str, Data], ...]
    status: str
    output: Data | None = None
    error: str | None = None


@cache
def _with_short_waits() -> str:
    return workflow_definition(
        {"RetryFirstWaitSeconds": "1", "UnknownOutcomeWaitSeconds": "1", "ParkedForSeconds": "60"}
    )


def definition(*, is_slow: bool = False) -> Data:
    """The workflow file as it is, but for its waits: a second between tries, fewer tries, no patience if `is_slow`."""
    made: Data = json.loads(_with_short_waits())
    for state in made["States"].values():
        for retry in state.get("Retry", []):
            retry |= {"IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 1 if is_slow else TRIES}
        if is_slow and "TimeoutSeconds" in state:
            state["TimeoutSeconds"] = PATIENCE_SECONDS
    return made


def blanked(value: Any) -> Any:
    """A payload or an output without what differs from run to run: tokens, request ids, stack traces."""
    if not isinstance(value, dict):
        return value
    made = {name: blanked(one) for name, one in value.items()}
    for name in ("cause", "Cause"):
        if name in made:
            made[name] = _told_cause(made[name])
    return made | ({"task_token": BLANK} if "task_token" in made else {})


def _told_cause(cause: str) -> Any:
    """Name and words of a function's own error. An engine's own words differ."""
    try:
        told = json.loads(cause)
    except ValueError:
        return None
    return {"errorType": told["errorType"], "errorMessage": told["errorMessage"]} if "errorType" in told else None


TASKS = {
    "PrepareOrder": "prepare_order",
    "EnsureCustomer": "ensure_customer",
    "CreateInvoice": "create_invoice",
    "SettleInvoice": "settle_invoice",
    "ReportStatus": "report_status",
}
_GOOD: dict[str, Data] = {
    "prepare_order": {"next": "EnsureCustomer", "more": "than is asked for"},
    "ensure_customer": {"code": "W1", "name": "not to travel"},
    "create_invoice": {"number": 1001, "gross": "29.94", "currency": "GBP", "settled": False, "more": 1},
    "settle_invoice": {"number": 1001, "paid": "29.94", "more": None},
    "report_status": {"again": False, "more": []},
    "park_order": {"parked": True},
}
_WALK = tuple(TASKS.values())
_RESUME, _RESTART, _ABANDON = ({"decision": word} for word in ("resume", "restart", "abandon"))


def _goes_on(first: str, **answers: Data) -> list[Line]:
    """From that function to the end."""
    return [Line(name, _GOOD[name] | answers.get(name, {})) for name in _WALK[_WALK.index(first) :]]


def _parked(decision: Data) -> Line:
    return Line("park_order", _GOOD["park_order"], decision)


def _walks() -> Iterator[Script]:
    """Every choice of the steps' own answers."""
    last = [Line("report_status", _GOOD["report_status"])]
    for word in ("SettleInvoice", "ReportStatus", "Nonsense"):
        begun = Line("prepare_order", {"next": word})
        rest = _goes_on("settle_invoice") if word == "SettleInvoice" else last
        yield Script(f"next-{word}", (begun, *rest))
    for settled in (True, False, 1, "true", None):
        steps = _goes_on("prepare_order", create_invoice={"settled": settled})
        lines = tuple(line for line in steps if settled is not True or line.function != "settle_invoice")
        unlike = "there a 1 is as good as true" if settled == 1 and settled is not True else ""
        yield Script(f"settled-{settled}", lines, unlike_on_ministack=unlike)
    around = _goes_on("prepare_order", report_status={"again": True})
    yield Script("again-once", (*around, Line("prepare_order", {"next": "ReportStatus"}), *last))


def _errors() -> Iterator[Script]:
    """Every error name of every retrier and catcher at every step, and tries that run out."""
    states = definition()["States"]
    for state, function in TASKS.items():
        before = _goes_on("prepare_order")[: _WALK.index(function)]
        for at, retry in enumerate(states[state]["Retry"]):
            # The engine's own name for a time limit is no function's to give; see `_silence`.
            tries = [Line(function, Fails(name)) for name in retry["ErrorEquals"] if name != "States.Timeout"]
            yield Script(f"{state}-retries-{at}", (*before, *tries, *_goes_on(function)))
        mixed = [Line(function, Fails(name)) for name in ("RetryableError", "OutcomeUnknownError") * 2]
        yield Script(f"{state}-retries-mixed", (*before, *mixed, *_goes_on(function)))
        yield Script(f"{state}-superseded", (*before, Line(function, Fails("SupersededError"))))
        for name in ("PermanentError", "SomethingElse"):
            stopped = (*before, Line(function, Fails(name)))
            yield Script(f"{state}-{name}-resumed", (*stopped, _parked(_RESUME), *_goes_on(function)))
        yield Script(f"{state}-restarted", (*stopped, _parked(_RESTART), *_goes_on("prepare_order")))
        yield Script(f"{state}-abandoned", (*stopped, _parked(_ABANDON), *_goes_on("report_status")))
        yield Script(f"{state}-resumed-twice", (*stopped, _parked(_RESUME), *stopped[-1:], _parked(_RESUME),
                                                *_goes_on(function)))  # fmt: skip
    for state, name in (("PrepareOrder", "RetryableError"), ("CreateInvoice", "OutcomeUnknownError")):
        function = TASKS[state]
        before = _goes_on("prepare_order")[: _WALK.index(function)]
        tired = [Line(function, Fails(name))] * (TRIES + 1)
        again = [Line(function, Fails(name))] * TRIES
        yield Script(f"{state}-tires-of-{name}", (*before, *tired, _parked(_RESUME), *again, *_goes_on(function)))


def _parking() -> Iterator[Script]:
    """The state that waits for a person."""
    stopped = Line("prepare_order", Fails("PermanentError"))
    names = definition()["States"]["ParkOrder"]["Retry"][0]["ErrorEquals"]
    tries = [Line("park_order", Fails(name)) for name in names]
    yield Script("park-retries", (stopped, *tries, _parked(_ABANDON), *_goes_on("report_status")))
    yield Script("park-superseded", (stopped, Line("park_order", Fails("SupersededError"))))
    yield Script("park-fails", (stopped, Line("park_order", Fails("SomethingElse"))), ends="FAILED")
    tired = [Line("park_order", Fails("RetryableError"))] * (TRIES + 1)
    yield Script("park-tires", (stopped, *tired), ends="FAILED")
    answer = Line("park_order", {"decision": "abandon"}, _RESUME)  # what the function answers decides nothing
    yield Script("park-answers", (stopped, answer, *_goes_on("prepare_order")))
    lost = "a missing path is null there, and the run carries on"
    yield Script("decision-missing", (stopped, _parked({"why": "nobody knows"})), "FAILED", unlike_on_ministack=lost)
    yield Script("answer-missing", (Line("prepare_order", {"then": "?"}),), "FAILED", unlike_on_ministack=lost)


def _silence() -> Iterator[Script]:
    """Functions that die, or answer too late, or people who never decide."""
    for state, function in TASKS.items():
        before, rest = _goes_on("prepare_order")[: _WALK.index(function)], _goes_on(function)
        yield Script(f"{state}-dies", (*before, Line(function, Dies()), *rest))
        yield Script(f"{state}-times-out", (*before, Line(function, Sleeps()), *rest), is_slow=True)
    late = Line("prepare_order", Sleeps())
    yield Script("times-out-for-good", (late, late, _parked(_ABANDON), *_goes_on("report_status")), is_slow=True)
    parking = (Line("prepare_order", Fails("PermanentError")), Line("park_order", _GOOD["park_order"]))
    yield Script("nobody-decides", parking, ends="FAILED", is_slow=True)


SCRIPTS = (*_walks(), *_errors(), *_parking(), *_silence())
