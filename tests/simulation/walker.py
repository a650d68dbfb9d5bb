"""Walks the real workflow file: retries, waits, catches, choices and task tokens as written there.

`test_walker.py` plays the same scripts on this and on moto, `tests/e2e/test_workflow_engine.py` on the local AWS.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

Data = dict[str, Any]
Outcome = tuple[str, Any]
"""`("done", answer)` or an error's name with its cause."""
Invoke = Callable[[str, Data, Callable[[Outcome], None]], None]
DONE = "done"


class MissingPathError(Exception):
    """The file reads something that is not there; no retry and no catch helps (`States.Runtime`)."""


@dataclass(frozen=True)
class Engine:
    """What all runs of a workflow share. `invoke` calls a function by ARN and hands the outcome back, once.

    `tokens` are those that a run waits for, with what to do with a person's decision.
    """

    definition: Data
    invoke: Invoke
    later: Callable[[float, Callable[[], None]], None]
    clock: Callable[[], datetime]
    random: Random
    tokens: dict[str, Callable[[Data], None]] = field(default_factory=dict)
    ended: Callable[["Execution"], None] = lambda _: None


class Execution:
    """One run.

    `edges` lists the states in turn, each with the exit by which it was left, such as `("ChooseEnd", "Choices[0]")`.
    """

    def __init__(self, engine: Engine, name: str, given: Data) -> None:
        self.name, self.given, self.status = name, given, "RUNNING"
        self.output: Data | None = None
        self.error: str | None = None
        self.visited: list[str] = []
        self.edges: list[tuple[str, str]] = []
        self._engine, self._tokens = engine, engine.tokens
        self._states: Data = engine.definition["States"]
        self._attempt = 0
        self._enter(engine.definition["StartAt"], given)

    def stop(self, status: str = "ABORTED") -> None:
        """Somebody stops the run (`StopExecution`), or time does; its worker goes on, and is not heard."""
        for token in [one for one in self._tokens if one.partition("/")[0] == self.name]:
            del self._tokens[token]
        self._end(status)

    def _enter(self, name: str, data: Data) -> None:
        """Steps take time, even where virtual time stands still: no two states are entered at the same moment."""
        self.visited.append(name)
        self._entered_at = self._engine.clock() + timedelta(microseconds=len(self.visited))
        try:
            self._work(name, self._states[name], data)
        except MissingPathError:
            self._end("FAILED", error="States.Runtime")

    def _work(self, name: str, state: Data, data: Data) -> None:
        if state["Type"] == "Succeed":
            self._end("SUCCEEDED", output=data)
        elif state["Type"] == "Pass":
            self._leave(name, "Next", state["Next"], _put(data, state["ResultPath"], state["Result"]))
        elif state["Type"] == "Choice":
            exits = {f"Choices[{at}]": choice["Next"] for at, choice in enumerate(state["Choices"])}
            fitting = (by for by, choice in zip(exits, state["Choices"], strict=True) if _chosen(choice, data))
            by = next(fitting, "Default")
            self._leave(name, by, exits[by] if by in exits else state["Default"], data)
        else:
            self._try(name, data, {})

    def _leave(self, name: str, by: str, following: str, data: Data) -> None:
        self.edges.append((name, by))
        self._enter(following, data)

    def _try(self, name: str, data: Data, tries: dict[int, int]) -> None:
        state = self._states[name]
        self._attempt += 1
        token = f"{self.name}/{self._attempt}"
        waits = state["Resource"].endswith(".waitForTaskToken")
        over: list[bool] = []

        def finish(outcome: Outcome) -> None:
            if over or self.status != "RUNNING":
                return
            over.append(True)
            self._tokens.pop(token, None)
            try:
                self._outcome(name, data, tries, outcome)
            except MissingPathError:
                self._end("FAILED", error="States.Runtime")

        def answered(outcome: Outcome) -> None:
            """What a function answers that was given a token means nothing; that it failed does."""
            if not waits or outcome[0] != DONE:
                finish(outcome)

        if waits:
            self._tokens[token] = lambda decision: finish((DONE, decision))
        self._engine.later(float(state["TimeoutSeconds"]), lambda: finish(("States.Timeout", "")))
        now_at = {"EnteredTime": self._entered_at.isoformat(), "RetryCount": sum(tries.values())}
        given = _filled(state["Parameters"], data, {"Task": {"Token": token}, "State": now_at})
        self._engine.invoke(given["FunctionName"], given["Payload"], answered)

    def _outcome(self, name: str, data: Data, tries: dict[int, int], outcome: Outcome) -> None:
        state = self._states[name]
        error, answer = outcome
        if error == DONE:
            chosen = _filled(state["ResultSelector"], {"Payload": answer}, {}) if "ResultSelector" in state else answer
            self._leave(name, "Next", state["Next"], _put(data, state["ResultPath"], chosen))
            return
        for at, retry in enumerate(state.get("Retry", [])):
            if not _named(error, retry["ErrorEquals"]):
                continue
            done = tries.get(at, 0)
            if done >= retry.get("MaxAttempts", 3):
                break
            self.edges.append((name, f"Retry[{at}]"))
            again = tries | {at: done + 1}
            self._engine.later(self._pause(retry, done), partial(self._try, name, data, again))
            return
        for at, catch in enumerate(state.get("Catch", [])):
            if _named(error, catch["ErrorEquals"]):
                caught = _put(data, catch["ResultPath"], {"Error": error, "Cause": answer})
                self._leave(name, f"Catch[{at}]", catch["Next"], caught)
                return
        self._end("FAILED", error=error)

    def _pause(self, retry: Data, done: int) -> float:
        wait = float(retry["IntervalSeconds"]) * float(retry["BackoffRate"]) ** done
        wait = min(wait, float(retry.get("MaxDelaySeconds", wait)))
        return wait * self._engine.random.random() if retry.get("JitterStrategy") == "FULL" else wait

    def _end(self, status: str, *, output: Data | None = None, error: str | None = None) -> None:
        self.status, self.output, self.error = status, output, error
        self._engine.ended(self)


def _named(error: str, names: list[str]) -> bool:
    return error in names or "States.ALL" in names


def _chosen(choice: Data, data: Data) -> bool:
    value, wanted = _at(data, choice["Variable"]), choice.get("StringEquals", choice.get("BooleanEquals"))
    return type(value) is type(wanted) and bool(value == wanted)


def _at(data: Data, path: str) -> Any:
    found: Any = data
    for name in path.removeprefix("$").strip(".").split("."):
        if not isinstance(found, dict) or name not in found:
            raise MissingPathError(path)
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
