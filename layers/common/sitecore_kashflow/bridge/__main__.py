"""`bridge`, or `python -m sitecore_kashflow.bridge`: asks, does, and says what came of it."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from logging import CRITICAL
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from ..errors import BridgeError
from ..observability import logger
from ..runtime.wiring import Wiring
from . import text
from .arguments import UsageError, parse
from .desk import Desk
from .outcome_values import Document, Error, Failure
from .person import Person
from .stack import Stack

DONE, FAILED, ASKED_WRONGLY = 0, 1, 2

Connect = Callable[[Namespace], tuple[Wiring, Stack]]


def connect(asked: Namespace) -> tuple[Wiring, Stack]:
    """The bridge of the stack, in the account of the AWS profile."""
    logger.setLevel(CRITICAL)  # the functions' lines would stand among the answer's
    aws = boto3.Session(profile_name=asked.profile, region_name=asked.region)
    stack = Stack(asked.stack, aws)
    if asked.needs_stack:
        stack.enter()
    return Wiring(aws=aws), stack


def main(arguments: Sequence[str] | None = None, connected: Connect = connect) -> int:
    """Run one verb. Returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    is_json = "--json" in given
    try:
        asked = parse(given)
        answer = asked.run(asked, Desk(*connected(asked), Person(asked.yes)))
    except UsageError as error:
        return _failed(Error("USAGE", str(error)), ASKED_WRONGLY, is_json=is_json, hint=error.usage)
    except BridgeError as error:
        return _failed(Error(error.code, error.words), FAILED, is_json=is_json)
    except (BotoCoreError, ClientError) as error:
        return _failed(Error("AWS", str(error)), FAILED, is_json=is_json)
    except KeyboardInterrupt:
        return _failed(Error("STOPPED", "Stopped."), FAILED, is_json=is_json)
    if is_json:
        _print_json(answer)
    else:
        text.say(answer)
    refusals = text.refusals(answer)
    sys.stderr.writelines(f"{one}\n" for one in refusals)
    return FAILED if refusals else DONE


def _failed(error: Error, status: int, *, is_json: bool, hint: str = "") -> int:
    """Say what is wrong in a sentence; on the output too, if that must be one JSON document."""
    sys.stderr.write(f"{hint}{error.words}\n")
    if is_json:
        _print_json(Failure(error))
    return status


def _print_json(value: Any) -> None:
    if isinstance(value, Document):
        whole = value.document
    else:
        whole = _without_empty(TypeAdapter[Any](type(value)).dump_python(value, mode="json"))
    sys.stdout.write(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def _without_empty(value: Any) -> Any:
    """Null wherever a text is empty: there is one way to say that there is none."""
    match value:
        case dict():
            return {name: _without_empty(one) for name, one in value.items()}
        case list():
            return [_without_empty(one) for one in value]
    return None if value == "" else value


if __name__ == "__main__":
    sys.exit(main())
