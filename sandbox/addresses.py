"""Where the local stacks of this checkout are, and which of them commands use.

Each has a folder for its logs and its `stack.json`: `.local/` for the first that is up, which commands use, and
`.local/stack-2/` and so on for others. `STACK=.local/stack-2/stack.json` lets a command use another.
"""

import fcntl
import json
import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
STACK_FILE = LOCAL / "stack.json"
REGION = "eu-west-2"


class StackError(Exception):
    """The local stack cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class LocalStack:
    """Where everything is. `hash_key` signs the webhooks; the `xc_` fields are null until there is a second shop."""

    aws_endpoint_url: str
    region: str
    stack_name: str
    api_url: str
    ordercloud_webhook_url: str
    kashflow_url: str
    ordercloud_url: str
    hash_key: str
    ledger_table: str
    idempotency_table: str
    order_queue_url: str
    order_dead_letter_queue_url: str
    state_machine_arn: str
    webhook_secret: str
    kashflow_secret: str
    ordercloud_secret: str
    outputs: Mapping[str, str]
    built: str
    logs: str
    xc_webhook_url: str | None = None
    xc_hash_key: str | None = None
    pids: Mapping[str, int] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The file that says all this, beside the logs."""
        return Path(self.logs) / STACK_FILE.name

    @property
    def aws_environment(self) -> dict[str, str]:
        """For a program that should call the local AWS; it takes the key `test` for the account's owner."""
        return aws_environment(self.aws_endpoint_url)

    @property
    def client_arguments(self) -> dict[str, Any]:
        """For `boto3.client(name, **arguments)`."""
        return client_arguments(self.aws_environment)


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that no other stack uses as long as this one is up. Whoever is killed gives it up as well."""
    for number in count(1):
        folder = LOCAL if number == 1 else LOCAL / f"stack-{number}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "stack.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return


@contextmanager
def announced(stack: LocalStack) -> Iterator[None]:
    """Describe the stack in its folder while it is up."""
    with private_file(stack.file) as file:
        json.dump(asdict(stack), file, indent=2)
    try:
        yield
    finally:
        stack.file.unlink(missing_ok=True)


def running_stack() -> LocalStack:
    """The stack that commands use. Raises `StackError` if it is not up."""
    named = os.environ.get("STACK", "")
    if named and not named.endswith(".json"):
        raise StackError(f"{named} is not on this machine. STACK=.local/stack-2/stack.json names a local stack.")
    try:
        stack = LocalStack(**json.loads(Path(named or STACK_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        raise StackError(_none_up(named)) from None
    if not answers(f"{stack.aws_endpoint_url}/_ministack/health"):
        raise StackError(_none_up(named))
    return stack


def _none_up(named: str) -> str:
    whose = f" that {named} describes" if named else ""
    others = sorted(path.relative_to(ROOT) for path in LOCAL.glob("stack-*/stack.json"))
    other = f", or use another that is up: STACK={others[0]}." if others else "."
    return f"No local stack{whose} is up. Start one with `make stack`{other}"


def aws_environment(endpoint: str) -> dict[str, str]:
    """For a caller of the local AWS at that address."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def client_arguments(environment: Mapping[str, str]) -> dict[str, Any]:
    """How boto3 reaches the AWS that `environment` names."""
    return {
        "endpoint_url": environment["AWS_ENDPOINT_URL"],
        "region_name": environment["AWS_DEFAULT_REGION"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }


def answers(url: str) -> bool:
    """Whether a server is there and says that it is well."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def private_file(path: Path) -> Iterator[Any]:
    """Write a file that only its owner may read; it appears once it is complete."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        yield file
    draft.replace(path)
