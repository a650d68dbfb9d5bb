"""One retry policy in every step of the workflow file.

    python -m sandbox.workflow_file

Writes `statemachines/retry_policy.yaml` into `statemachines/order_to_invoice.asl.yaml`. The rest of that file stays
exactly as it is. A new step needs neither `Retry` nor `Catch`: it gets both.
"""

import re
from pathlib import Path
from textwrap import indent

STATEMACHINES = Path(__file__).resolve().parent.parent / "statemachines"
WORKFLOW = STATEMACHINES / "order_to_invoice.asl.yaml"
RETRY_POLICY = STATEMACHINES / "retry_policy.yaml"

_SECTION = re.compile(r"^(\w+):\n((?:  .*\n)+)", re.MULTILINE)
_STATE = re.compile(r"^  (\w+):\n(?:    .*\n)+", re.MULTILINE)
_STOPPED = re.compile(r"^  \w+Stopped:\n(?:    .*\n)+\n", re.MULTILINE)
_RETRY_AND_CATCH = re.compile(r"^    (?:Retry|Catch):\n(?:     .*\n)+", re.MULTILINE)
_NEXT = re.compile(r"^(?=    (?:Next|End): )", re.MULTILINE)


def with_retry_policy(workflow: str, policy: str) -> str:
    """The text of the workflow file, with the policy in every step."""
    sections = {name: indent(text, "  ") for name, text in _SECTION.findall(policy)}

    def state_with_policy(state: re.Match[str]) -> str:
        name, text = state[1], state[0]
        if "    Type: Task\n" not in text:
            return text
        bare = _RETRY_AND_CATCH.sub("", text)
        if name in sections:
            return _NEXT.sub(lambda _: sections[name], bare)
        filled = _NEXT.sub(lambda _: sections["Step"], bare) + f"\n  {name}Stopped:\n" + sections["StepStopped"]
        return filled.replace("<Step>", name)

    return _STATE.sub(state_with_policy, _STOPPED.sub("", workflow))


def main() -> None:
    """Rewrite the workflow file."""
    workflow = WORKFLOW.read_text("utf-8")
    WORKFLOW.write_text(with_retry_policy(workflow, RETRY_POLICY.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
