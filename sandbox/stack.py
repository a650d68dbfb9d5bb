"""The local stack: the real template on a local AWS, with a KashFlow and an OrderCloud to talk to.

    python -m sandbox.stack [--kashflow-url URL] [--ordercloud-url URL] [--rules FILE] [--parameters "Name=value ..."]
        [--check-permissions]

Stays up until Ctrl-C, and writes where everything is to `.local/stack.json` (`addresses.py`). Given addresses, it
uses servers that run already; their credentials come from KASHFLOW_USERNAME, KASHFLOW_PASSWORD,
KASHFLOW_MEMORABLE_WORD, ORDERCLOUD_CLIENT_ID and ORDERCLOUD_CLIENT_SECRET, or are the sandbox's.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3

from sandbox.addresses import (
    LOCAL,
    REGION,
    ROOT,
    STACK_FILE,
    LocalStack,
    StackError,
    announced,
    aws_environment,
    client_arguments,
    own_folder,
)
from sandbox.deployment import (
    ARCHITECTURE,
    RUNTIME,
    build,
    deploy,
    let_items_expire,
    publish_rules,
    reserve_concurrency,
)
from sandbox.local_aws import clean_environment, start_emulator, wait_for_emulator
from sandbox.processes import Processes, free_port
from sandbox.retail import RetailShop
from sandbox.shared.arguments import OneSentence
from sandbox.stack_options import StackOptions, given_parameters

STACK_NAME = "kashflow-local"
HASH_KEY = "local-hash-key"  # the samples of `events/` are signed with it


@contextmanager
def local_stack(
    options: StackOptions | None = None, say: Callable[[str], None] = lambda _: None
) -> Iterator[LocalStack]:
    """Start the stack; whatever ends the block, everything that was started is stopped.

    Raises `StackError` with words on what to do.
    """
    options = options or StackOptions()
    options.check()
    home = Path(tempfile.mkdtemp(prefix="kashflow-local-"))
    with _ended_by_signal(), own_folder() as folder:
        where = folder.relative_to(ROOT)
        try:
            with Processes(folder) as processes:
                say("Starting the sandbox and the local AWS ...")
                endpoint = start_emulator(processes, home, options.check_permissions)
                kashflow, ordercloud = _start_sandbox(processes, home, options)
                say(f"Building the functions for {RUNTIME} on {ARCHITECTURE} (.local/build.log) ...")
                built = build(LOCAL)
                wait_for_emulator(processes, endpoint)
                say(f"Deploying template.yaml ({where}/deploy.log) ...")
                parameters = options.template_parameters(kashflow, ordercloud)
                stack = _deployed(endpoint, built, parameters, home, processes)
                if options.rules:
                    publish_rules(options.rules, stack.outputs, stack.client_arguments)
                with announced(stack):
                    yield stack
        finally:
            shutil.rmtree(home, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the stack up until Ctrl-C. Returns the exit status."""
    options = StackOptions(**vars(_given(arguments)))
    try:
        with local_stack(options, say=lambda words: print(words, flush=True)) as stack:
            for words in (*_addresses(stack), *options.out_of_reach(), *_what_next(stack)):
                print(words, flush=True)
            return _watch(stack)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped, and so is everything that was started.")
        return 0


def _given(arguments: Sequence[str] | None) -> Namespace:
    parser = OneSentence(prog="stack", description="The bridge on this machine, kept up.")
    parser.add_argument("--kashflow-url", help="a KashFlow that runs already, such as http://127.0.0.1:8001/v2")
    parser.add_argument("--ordercloud-url", help="an OrderCloud that runs already, such as http://127.0.0.1:8002")
    parser.add_argument("--rules", type=Path, help="a rules document to put in force")
    parser.add_argument("--parameters", type=given_parameters, default={}, help='of the template: "Name=value ..."')
    parser.add_argument("--check-permissions", action="store_true", help="refuse what roles do not allow")
    return parser.parse_args(arguments)


def _addresses(stack: LocalStack) -> Iterator[str]:
    for name in ("kashflow_url", "ordercloud_url", "ordercloud_webhook_url", "aws_endpoint_url"):
        yield f"  {name:24}{getattr(stack, name)}"


def _what_next(stack: LocalStack) -> Iterator[str]:
    """What can be done now, and which stack the commands use. Gives the sandbox's shop its webhook."""
    file = stack.file.relative_to(ROOT)
    given = "" if stack.file == STACK_FILE else f" STACK={file}"
    if "ordercloud" in stack.pids:
        with RetailShop(stack.ordercloud_url) as shop:
            shop.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
        yield "The shop's API clients `backoffice` and `storefront` have a webhook to the bridge."
        yield f"In another terminal: make order{given} places an order and follows it to its invoice."
    if given:
        yield f"Another stack was up before: commands use that one, unless they are told{given}"
    yield f"Up. All addresses and names are in {file}. Ctrl-C stops it."


def _start_sandbox(processes: Processes, home: Path, options: StackOptions) -> tuple[str, str]:
    """The base addresses of KashFlow's API and of OrderCloud: those given, or of servers started here."""

    def start(name: str) -> Path:
        command = [sys.executable, "-m", f"sandbox.{name}"]
        if not options.is_kept:
            return processes.start(name, [*command, "--port", "0"], clean_environment(home), ROOT)
        kept = ["--port", str(free_port()), "--keep", str(home / f"{name}.kept")]
        return processes.keep_up(name, [*command, *kept], clean_environment(home), ROOT)

    given = {"kashflow": options.kashflow_url, "ordercloud": options.ordercloud_url}
    logs = {name: start(name) for name, url in given.items() if not url}
    kashflow = options.kashflow_url or f"{processes.address('kashflow', logs['kashflow'])}/v2"
    return kashflow, options.ordercloud_url or processes.address("ordercloud", logs["ordercloud"])


def _deployed(
    endpoint: str, built: Path, parameters: Mapping[str, str], home: Path, processes: Processes
) -> LocalStack:
    environment = clean_environment(home) | aws_environment(endpoint)
    arguments = client_arguments(environment)
    outputs = deploy(built, stack_name=STACK_NAME, parameters=parameters, environment=environment, local=processes.logs)
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
        logs=str(processes.logs),
        pids=processes.ids,
    )


def _watch(stack: LocalStack) -> int:
    """Wait for Ctrl-C, or until a part of the stack dies."""
    while True:
        time.sleep(1)
        for name, process_id in stack.pids.items():
            if not _lives(process_id):
                print(f"{name} has ended by itself; see {stack.logs}/{name}.log", file=sys.stderr)
                return 1


def _lives(process_id: int) -> bool:
    """A child that has ended is reaped here."""
    return os.waitpid(process_id, os.WNOHANG) == (0, 0)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """A polite signal ends the block as Ctrl-C does, so that it cleans up.

    So does Ctrl-C where whoever started us ignores it, as a shell does for what it starts in the background.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, end),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
