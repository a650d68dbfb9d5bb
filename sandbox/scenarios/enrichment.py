"""The shop has a function of its own (`docs/enrichment/app.py`): what it answers is on the invoices, and is kept."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from sandbox.addresses import REGION, ROOT, LocalStack
from sandbox.demo import play as play_demo
from sandbox.deployment import RUNTIME
from sandbox.retail import RetailOrder
from sandbox.scenarios.command import ask
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books

_NAME = "shop-extras"
_ARN = f"arn:aws:lambda:{REGION}:000000000000:function:{_NAME}"
_SOURCE = ROOT / "docs" / "enrichment" / "app.py"


def play(orders: Sequence[RetailOrder], console: Console) -> int:
    """Place the orders as the demo does; then say of each invoice which answer made it."""
    options = StackOptions(parameters={"EnrichmentFunctionArn": _ARN})
    with local_stack(options, say=lambda words: console.print(f"[dim]{words}[/dim]")) as stack:
        _deploy_function(stack)
        console.print(f"[dim]{_SOURCE.relative_to(ROOT)} is deployed as {_ARN}.[/dim]")
        status = play_demo(orders, stack, console, may_park=False)
        with Books(stack.kashflow_url) as books:
            invoices = {str(one["CustomerReference"]): one for one in books.invoices()}
        answers = {order.order_id: _answer(stack, order.order_id) for order in orders}
    faults = [words for name in answers for words in _faults(name, answers[name], invoices.get(name))]
    _show(answers, console)
    for words in faults:
        console.print(f"[red]wrong: {words}[/red]")
    if not faults:
        console.print(f"All {len(orders)} invoices say what {_NAME} answered, and the ledger keeps it.")
    return 1 if status or faults else 0


def _deploy_function(stack: LocalStack) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(_SOURCE, "app.py")
    client: Any = boto3.client("lambda", **stack.client_arguments)
    client.create_function(
        FunctionName=_NAME,
        Runtime=RUNTIME,
        Role="arn:aws:iam::000000000000:role/shop-extras",
        Handler="app.lambda_handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=5,
    )


def _answer(stack: LocalStack, order_id: str) -> dict[str, Any]:
    """What the ledger keeps of the function's answer for an order."""
    kept = ask(stack, "evidence", "--order", order_id)["orders"][-1]["order"]["enrichment"]
    answer: dict[str, Any] = json.loads(kept[2]) if kept and kept[0] == _NAME else {}
    return answer


def _faults(name: str, answer: dict[str, Any], invoice: dict[str, Any] | None) -> Iterator[str]:
    if not answer:
        yield f"{name}: the ledger keeps no answer of {_NAME}"
    lines = invoice["LineItems"] if invoice else []
    for words, nominal in _said(answer):
        found = [line for line in lines if words in line["Description"]]
        if not found:
            yield f"{name}: no line of its invoice says {words!r}"
        elif nominal and nominal not in [line["NominalCode"] for line in found]:
            yield f"{name}: {words!r} is not on account {nominal}"


def _said(answer: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """The words of an answer that an invoice must show, each with its account if that is said too."""
    if "text" in answer:
        yield answer["text"], None
    yield from ((line["description"], line.get("nominal_code")) for line in answer["lines"] if "description" in line)


def _show(answers: dict[str, dict[str, Any]], console: Console) -> None:
    table = Table("order", f"what {_NAME} answered")
    for name, answer in answers.items():
        lines = [", ".join(f"{field} {value}" for field, value in line.items()) for line in answer.get("lines", [])]
        table.add_row(name, "\n".join([*lines, answer.get("text", "")]).strip() or "nothing to add")
    console.print(table)
