"""Walks the real workflow file: retries, waits, catches, choices and task tokens as written there."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

Data = dict[str, Any]
Outcome = tuple[str, Any]
"""`("done", answer)` or an error's name with its cause."""
Invoke = Callable[[str, Data, Callable[[Outcome], None]], None]
DONE = "done"


class Execution:
    """One run. `invoke` calls a function by ARN and hands the outcome back, once."""

    def __init__(
        self,
        definition: Data,
        name: str,
        given: Data,
        *,
        invoke: Invoke,
        later: Callable[[float, Callable[[], None]], None],
        random: Random,
        ended: Callable[["Execution"], None],
        tokens: dict[str, Callable[[Data], None]],
    ) -> None:
        self.name, self.given, self.status = name, given, "RUNNING"
        self.visited: list[str] = []
        self._states: Data = definition["States"]
        self._invoke, self._later, self._random, self._ended = invoke, later, random, ended
        self._tokens = tokens
        self._attempt = 0
        self._enter(definition["StartAt"], given)

    def _enter(self, name: str, data: Data) -> None:
        state = self._states[name]
        self.visited.append(name)
        if state["Type"] == "Succeed":
            self._end("SUCCEEDED")
        elif state["Type"] == "Pass":
            self._enter(state["Next"], _put(data, state["ResultPath"], state["Result"]))
        elif state["Type"] == "Choice":
            fitting = (choice["Next"] for choice in state["Choices"] if _chosen(choice, data))
            self._enter(next(fitting, state["Default"]), data)
        else:
            self._try(state, data, {})

    def _try(self, state: Data, data: Data, tries: dict[int, int]) -> None:
        self._attempt += 1
        token = f"{self.name}/{self._attempt}"
        waits = state["Resource"].endswith(".waitForTaskToken")
        over: list[bool] = []

        def finish(outcome: Outcome) -> None:
            if over or self.status != "RUNNING":
                return
            if waits and outcome[0] == DONE and outcome[1] is not None and "decision" not in outcome[1]:
                return
            over.append(True)
            self._tokens.pop(token, None)
            self._outcome(state, data, tries, outcome)

        if waits:
            self._tokens[token] = lambda decision: finish((DONE, decision))
        self._later(float(state["TimeoutSeconds"]), lambda: finish(("States.Timeout", "{}")))
        given = _filled(state["Parameters"], data, {"Task": {"Token": token}})
        self._invoke(given["FunctionName"], given["Payload"], finish)

    def _outcome(self, state: Data, data: Data, tries: dict[int, int], outcome: Outcome) -> None:
        error, told = outcome
        if error == DONE:
            chosen = _filled(state["ResultSelector"], {"Payload": told}, {}) if "ResultSelector" in state else told
            self._enter(state["Next"], _put(data, state["ResultPath"], chosen))
            return
        for at, retry in enumerate(state.get("Retry", [])):
            if not _named(error, retry["ErrorEquals"]):
                continue
            done = tries.get(at, 0)
            if done >= retry.get("MaxAttempts", 3):
                break
            wait = float(retry["IntervalSeconds"]) * float(retry["BackoffRate"]) ** done
            wait = min(wait, float(retry.get("MaxDelaySeconds", wait)))
            if retry.get("JitterStrategy") == "FULL":
                wait *= self._random.random()
            again = tries | {at: done + 1}
            self._later(wait, partial(self._try, state, data, again))
            return
        for catch in state.get("Catch", []):
            if _named(error, catch["ErrorEquals"]):
                self._enter(catch["Next"], _put(data, catch["ResultPath"], {"Error": error, "Cause": told}))
                return
        self._end("TIMED_OUT" if error == "States.Timeout" else "FAILED")

    def _end(self, status: str) -> None:
        self.status = status
        self._ended(self)


def _named(error: str, names: list[str]) -> bool:
    return error in names or "States.ALL" in names


def _chosen(choice: Data, data: Data) -> bool:
    value = _at(data, choice["Variable"])
    return bool(value == choice.get("StringEquals", choice.get("BooleanEquals")))


def _at(data: Data, path: str) -> Any:
    found: Any = data
    for name in path.removeprefix("$").strip(".").split("."):
        found = found[name]
    return found


def _put(data: Data, path: str, value: Any) -> Data:
    return {**data, path.removeprefix("$."): value}


def _filled(template: Data, data: Data, context: Data) -> Data:
    made: Data = {}
    for name, value in template.items():
        if name.endswith(".$"):
            source = context if value.startswith("$$") else data
            made[name.removesuffix(".$")] = _at(source, value.removeprefix("$") if source is context else value)
        else:
            made[name] = _filled(value, data, context) if isinstance(value, dict) else value
    return made
