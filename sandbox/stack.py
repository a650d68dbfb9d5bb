"""The local stack: the real template on a local AWS, with a KashFlow and an OrderCloud to talk to.

    python -m sandbox.stack [--kashflow-url URL] [--ordercloud-url URL] [--rules FILE] [--check-permissions]

Stays up until Ctrl-C, and writes where everything is to `.local/stack.json`. Given addresses, it uses servers that run
already; their credentials come from KASHFLOW_USERNAME, KASHFLOW_PASSWORD,
KASHFLOW_MEMORABLE_WORD, ORDERCLOUD_CLIENT_ID and ORDERCLOUD_CLIENT_SECRET, or are the sandbox's.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3

from sandbox.deployment import (
    ARCHITECTURE,
    ROOT,
    RUNTIME,
    build,
    client_arguments,
    deploy,
    let_items_expire,
    private_file,
    publish_rules,
    reserve_concurrency,
)
from sandbox.processes import Processes, StackError, free_port
from sandbox.retail import RetailShop

LOCAL = ROOT / ".local"
STACK_FILE = LOCAL / "stack.json"
STACK_NAME = "kashflow-local"
REGION = "eu-west-2"
HASH_KEY = "local-hash-key"  # the samples of `events/` are signed with it

_SANDBOX_CREDENTIALS = {
    "KASHFLOW_USERNAME": "api@shop.example",
    "KASHFLOW_PASSWORD": "sandbox-password",
    "KASHFLOW_MEMORABLE_WORD": "sandbox",
    "ORDERCLOUD_CLIENT_ID": "kashflow-bridge",
    "ORDERCLOUD_CLIENT_SECRET": "bridge-secret",
}
_SHORT_WAITS = {"RetryFirstWaitSeconds": "1", "UnknownOutcomeWaitSeconds": "5", "CommitSettleSeconds": "3"}
LARGE_BUDGETS = {
    "KashflowCallsPerSecond": "100",
    "KashflowParallelCalls": "32",
    "OrdercloudCallsPerSecond": "100",
    "OrdercloudParallelCalls": "32",
}
_IDLE_WORKER_SECONDS = "15"


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
    xc_webhook_url: str | None = None
    xc_hash_key: str | None = None
    pids: Mapping[str, int] = field(default_factory=dict)

    @property
    def aws_environment(self) -> dict[str, str]:
        """For a program that should call the local AWS; it takes the key `test` for the account's owner."""
        return aws_environment(self.aws_endpoint_url)

    @property
    def client_arguments(self) -> dict[str, Any]:
        """For `boto3.client(name, **arguments)`."""
        return client_arguments(self.aws_environment)


@dataclass(frozen=True)
class StackOptions:
    """What may be different about a local stack.

    With addresses given, it talks to systems that run already, instead of the sandbox's. `parameters` of the template
    go over those of the local stack. With `check_permissions` the local AWS refuses what the functions' roles do not
    allow. With `is_kept` the sandbox servers keep what they hold, and come back at once under the same address if
    they are killed.
    """

    kashflow_url: str | None = None
    ordercloud_url: str | None = None
    rules: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    check_permissions: bool = False
    is_kept: bool = False

    def template_parameters(self, kashflow_url: str, ordercloud_url: str) -> dict[str, str]:
        """All parameters of the template, with the addresses that the bridge calls."""
        settings = {"Runtime": RUNTIME, "Architecture": ARCHITECTURE, "KashflowUrl": kashflow_url}
        settings |= {"OrdercloudUrl": ordercloud_url} | _credentials()
        if not (self.kashflow_url or self.ordercloud_url):
            settings |= _SHORT_WAITS | LARGE_BUDGETS
        return settings | dict(self.parameters)


@contextmanager
def local_stack(
    options: StackOptions | None = None, say: Callable[[str], None] = lambda _: None
) -> Iterator[LocalStack]:
    """Start the stack; whatever ends the block, everything that was started is stopped.

    Raises `StackError` with words on what to do.
    """
    options = options or StackOptions()
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="kashflow-local-"))
    with _ended_by_signal():
        try:
            with Processes(LOCAL) as processes:
                say("Starting the sandbox and the local AWS ...")
                endpoint = start_emulator(processes, home, options.check_permissions)
                kashflow, ordercloud = _start_sandbox(processes, home, options)
                say(f"Building the functions for {RUNTIME} on {ARCHITECTURE} (.local/build.log) ...")
                built = build(LOCAL)
                wait_for_emulator(processes, endpoint)
                say("Deploying template.yaml (.local/deploy.log) ...")
                parameters = options.template_parameters(kashflow, ordercloud)
                stack = _deployed(endpoint, built, parameters, home, processes.ids)
                if options.rules:
                    publish_rules(options.rules, stack.outputs, stack.client_arguments)
                with _announced(stack):
                    yield stack
        finally:
            shutil.rmtree(home, ignore_errors=True)


def running_stack() -> LocalStack:
    """The running stack. Raises `StackError` if there is none."""
    try:
        return LocalStack(**json.loads(STACK_FILE.read_text("utf-8")))
    except FileNotFoundError:
        raise StackError("No local stack is up. Start one with: make stack") from None


def start_emulator(processes: Processes, home: Path, check_permissions: bool = False) -> str:
    """Start the local AWS on a free port, as the process `emulator`. Returns its address."""
    port = free_port()
    processes.start(
        "emulator",
        [emulator_python(), "-m", "sandbox.emulator"],
        _clean(home)
        | {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "AUTH": str(check_permissions).lower(),
            "LAMBDA_WARM_TTL_SECONDS": _IDLE_WORKER_SECONDS,
        },
        ROOT,
    )
    return f"http://127.0.0.1:{port}"


def wait_for_emulator(processes: Processes, endpoint: str) -> None:
    """Wait until the local AWS answers."""
    processes.wait_for("emulator", lambda: _answers(f"{endpoint}/_ministack/health"))


def emulator_python() -> str:
    """The interpreter of the environment that holds the local AWS and AWS's runtime client."""
    python = os.environ.get("EMULATOR_PYTHON") or str(ROOT / ".venv-emulator" / "bin" / "python")
    if not Path(python).exists():
        raise StackError("The local AWS is not installed. Run: make setup")
    return python


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the stack up until Ctrl-C. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="stack", description="The bridge on this machine, kept up.")
    parser.add_argument("--kashflow-url", help="a KashFlow that runs already, such as http://127.0.0.1:8001/v2")
    parser.add_argument("--ordercloud-url", help="an OrderCloud that runs already, such as http://127.0.0.1:8002")
    parser.add_argument("--rules", type=Path, help="a rules document to put in force")
    parser.add_argument("--check-permissions", action="store_true", help="refuse what roles do not allow")
    options = parser.parse_args(arguments)
    try:
        with local_stack(StackOptions(**vars(options)), say=lambda words: print(words, flush=True)) as stack:
            for name in ("kashflow_url", "ordercloud_url", "ordercloud_webhook_url", "aws_endpoint_url"):
                print(f"  {name:24}{getattr(stack, name)}")
            if "ordercloud" in stack.pids:
                with RetailShop(stack.ordercloud_url) as shop:
                    shop.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
                print("The shop's API clients `backoffice` and `storefront` have a webhook to the bridge.")
            print(f"Up. All addresses and names are in {STACK_FILE.relative_to(ROOT)}. Ctrl-C stops it.", flush=True)
            return _watch(stack.pids)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped, and so is everything that was started.")
        return 0


def _start_sandbox(processes: Processes, home: Path, options: StackOptions) -> tuple[str, str]:
    """The base addresses of KashFlow's API and of OrderCloud: those given, or of servers started here."""

    def start(name: str) -> Path:
        command = [sys.executable, "-m", f"sandbox.{name}"]
        if not options.is_kept:
            return processes.start(name, [*command, "--port", "0"], _clean(home), ROOT)
        kept = ["--port", str(free_port()), "--keep", str(home / f"{name}.kept")]
        return processes.keep_up(name, [*command, *kept], _clean(home), ROOT)

    given = {"kashflow": options.kashflow_url, "ordercloud": options.ordercloud_url}
    logs = {name: start(name) for name, url in given.items() if not url}
    kashflow = options.kashflow_url or f"{processes.address('kashflow', logs['kashflow'])}/v2"
    return kashflow, options.ordercloud_url or processes.address("ordercloud", logs["ordercloud"])


def _deployed(
    endpoint: str, built: Path, parameters: Mapping[str, str], home: Path, pids: Mapping[str, int]
) -> LocalStack:
    environment = _clean(home) | aws_environment(endpoint)
    arguments = client_arguments(environment)
    outputs = deploy(built, stack_name=STACK_NAME, parameters=parameters, environment=environment, local=LOCAL)
    let_items_expire(outputs, arguments)
    reserve_concurrency(int(parameters.get("StepConcurrency", 0)), built, STACK_NAME, arguments)
    boto3.client("secretsmanager", **arguments).put_secret_value(
        SecretId=outputs["WebhookSecretName"], SecretString=json.dumps({"current": HASH_KEY, "previous": ""})
    )
    api_id = outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    api_url = f"{endpoint}/_aws/execute-api/{api_id}/live"
    return LocalStack(
        aws_endpoint_url=endpoint,
        region=REGION,
        stack_name=STACK_NAME,
        api_url=api_url,
        ordercloud_webhook_url=f"{api_url}/webhooks/ordercloud",
        kashflow_url=parameters["KashflowUrl"],
        ordercloud_url=parameters["OrdercloudUrl"],
        hash_key=HASH_KEY,
        ledger_table=outputs["LedgerTableName"],
        idempotency_table=outputs["IdempotencyTableName"],
        order_queue_url=outputs["OrderQueueUrl"],
        order_dead_letter_queue_url=outputs["OrderDeadLetterQueueUrl"],
        state_machine_arn=outputs["StateMachineArn"],
        webhook_secret=outputs["WebhookSecretName"],
        kashflow_secret=outputs["KashflowSecretName"],
        ordercloud_secret=outputs["OrdercloudSecretName"],
        outputs=outputs,
        built=str(built),
        pids=pids,
    )


@contextmanager
def _announced(stack: LocalStack) -> Iterator[None]:
    """Describe the stack in `.local/stack.json` while it is up; if several are up, the file describes the latest."""
    with private_file(STACK_FILE) as file:
        json.dump(asdict(stack), file, indent=2)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            if json.loads(STACK_FILE.read_text("utf-8"))["aws_endpoint_url"] == stack.aws_endpoint_url:
                STACK_FILE.unlink()


def _credentials() -> dict[str, str]:
    """Template parameters from environment variables: KASHFLOW_USERNAME gives KashflowUsername."""
    return {
        "".join(word.capitalize() for word in name.split("_")): os.environ.get(name, default)
        for name, default in _SANDBOX_CREDENTIALS.items()
    }


def aws_environment(endpoint: str) -> dict[str, str]:
    """For a caller of the local AWS at that address."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _clean(home: Path) -> dict[str, str]:
    """An environment without the caller's AWS account, proxies and Python settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
    }


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _watch(pids: Mapping[str, int]) -> int:
    """Wait for Ctrl-C, or until a part of the stack dies."""
    while True:
        time.sleep(1)
        for name, process_id in pids.items():
            if not _lives(process_id):
                print(f"{name} has ended by itself; see .local/{name}.log", file=sys.stderr)
                return 1


def _lives(process_id: int) -> bool:
    """A child that has ended is reaped here."""
    return os.waitpid(process_id, os.WNOHANG) == (0, 0)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """A polite signal ends the block as Ctrl-C does, so that it cleans up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
