"""What the local AWS must do as AWS does, for all the other tests here to mean anything. Comes first."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.addresses import ROOT
from sandbox.deployment import RUNTIME

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/anybody"
HANDLER = """
import os, time

class RetryableError(Exception):
    pass

def lambda_handler(event, context):
    if "Records" in event:
        bad = [record for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in bad]}
    if event.get("raise"):
        raise RetryableError("in plain words")
    if event.get("sleep"):
        time.sleep(event["sleep"])
    return {"pid": os.getpid(), "secret_of_the_caller": os.environ.get("NOT_FOR_FUNCTIONS")}
"""
WORKFLOW = """
StartAt: Work
States:
  Work:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters:
      FunctionName: ${WorkArn}
      Payload: {raise: true}
    Retry:
      - ErrorEquals: [RetryableError]
        IntervalSeconds: ${Wait}
        MaxAttempts: 1
    Catch:
      - ErrorEquals: [RetryableError]
        ResultPath: $.error
        Next: Caught
    End: true
  Caught: {Type: Succeed}
"""


Client = Callable[[str], Any]
"""Makes boto3 clients by the service's name."""


@pytest.fixture(scope="module")
def function(client: Client) -> str:
    """A function of one file. Its name."""
    return make_function(client, "contract", {"app.py": HANDLER})


def make_function(client: Client, name: str, files: dict[str, str]) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path, text in files.items():
            file.writestr(path, text)
    client("lambda").create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role=ROLE,
        Handler="app.lambda_handler",
        Timeout=2,
        Code={"ZipFile": archive.getvalue()},
    )
    return name


def invoke(client: Client, function: str, **event: Any) -> tuple[str | None, Any]:
    """The kind of failure, if it failed, and the answer."""
    answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_raised_class_arrives_as_error_type(client: Client, function: str) -> None:
    kind, answer = invoke(client, function, **{"raise": True})
    assert kind == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("RetryableError", "in plain words")


def test_stand_in_for_macos_serves_functions_as_the_compiled_client_does(client: Client) -> None:
    """A module in the function's own folder comes before the installed one."""
    stand_in = (ROOT / "sandbox" / "macos" / "runtime_client.py").read_text("utf-8")
    name = make_function(client, "stand-in", {"app.py": HANDLER, "runtime_client.py": stand_in})
    kind, answer = invoke(client, name)
    assert (kind, set(answer)) == (None, {"pid", "secret_of_the_caller"})
    kind, answer = invoke(client, name, **{"raise": True})
    assert (kind, answer["errorType"]) == ("Unhandled", "RetryableError")


def test_calls_share_as_many_workers_as_there_are_processors(client: Client, function: str) -> None:
    """And none is ended for the time that it waited: together they take longer than the function may."""
    calls = 5 * (os.cpu_count() or 1)
    with ThreadPoolExecutor(calls) as callers:
        answers = list(callers.map(lambda _: invoke(client, function, sleep=1), range(calls)))
    assert {kind for kind, _ in answers} == {None}
    assert len({answer["pid"] for _, answer in answers}) <= (os.cpu_count() or 1)


def test_what_a_function_prints_is_in_a_file_of_its_own(client: Client, emulator_logs: Path) -> None:
    name = make_function(client, "stack-CreateInvoiceFunction-1A2B", {"app.py": "def lambda_handler(*_): print('Ada')"})
    invoke(client, name)
    lines = (emulator_logs / "functions" / "create_invoice.log").read_text("utf-8").splitlines()
    assert lines[0] == "Ada"
    assert re.fullmatch(r"REPORT RequestId: \S+ Duration: \d+ ms Init Duration: \d+ ms Waited: 0 ms", lines[1])


@pytest.mark.parametrize("kind", ["response", "error"])
def test_half_an_answer_of_a_worker_that_died_is_none(client: Client, kind: str) -> None:
    dies = f"""
import os, socket

def lambda_handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    path = f"/2018-06-01/runtime/invocation/{{context.aws_request_id}}/{kind}"
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"POST {{path}} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 99\\r\\n\\r\\n{{{{".encode())
    os._exit(1)
"""
    failed, answer = invoke(client, make_function(client, f"dies-{kind}", {"app.py": dies}))
    assert (failed, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")


def test_worker_outlives_an_exception(client: Client, function: str) -> None:
    _, before = invoke(client, function)
    invoke(client, function, **{"raise": True})
    _, after = invoke(client, function)
    assert after["pid"] == before["pid"]


def test_function_that_takes_too_long_is_ended(client: Client, function: str) -> None:
    kind, answer = invoke(client, function, sleep=5)
    assert kind
    assert answer["errorType"] == "Sandbox.Timedout"


def test_function_whose_worker_is_killed_in_the_middle_has_exited_and_the_next_call_is_served(
    client: Client, function: str
) -> None:
    _, before = invoke(client, function)
    with ThreadPoolExecutor(1) as other:
        under_way = other.submit(invoke, client, function, sleep=1.5)
        time.sleep(0.5)
        os.kill(before["pid"], signal.SIGKILL)
        kind, answer = under_way.result()
    assert (kind, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    kind, after = invoke(client, function)
    assert kind is None
    assert after["pid"] != before["pid"]


def test_function_whose_worker_dies_while_it_starts_has_exited(client: Client) -> None:
    name = make_function(client, "stillborn", {"app.py": "import os\nos.kill(os.getpid(), 9)"})
    kind, answer = invoke(client, name)
    assert (kind, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")


def test_function_whose_module_cannot_be_imported_says_so(client: Client) -> None:
    name = make_function(client, "misspelt", {"app.py": "import no_such_module"})
    kind, answer = invoke(client, name)
    assert (kind, answer["errorType"]) == ("Unhandled", "Runtime.ImportModuleError")


def test_worker_that_dies_while_it_starts_disturbs_no_other(client: Client, tmp_path: Path) -> None:
    """The second of two cold starts dies; the first, which is still starting, goes on."""
    begun = tmp_path / "begun"
    source = (
        "import os, pathlib, time\n"
        f"first = not pathlib.Path({str(begun)!r}).exists()\n"
        f"pathlib.Path({str(begun)!r}).touch()\n"
        "time.sleep(2) if first else os.kill(os.getpid(), 9)\n"
        "def lambda_handler(event, context):\n    return 'served'\n"
    )
    name = make_function(client, "pair", {"app.py": source})
    with ThreadPoolExecutor(2) as both:
        first = both.submit(invoke, client, name)
        wait_for(begun.exists)
        second = both.submit(invoke, client, name)
        assert second.result()[1]["errorType"] == "Runtime.ExitError"
        assert first.result() == (None, "served")


def test_workflow_whose_function_is_throttled_hears_it_by_its_name(client: Client) -> None:
    """Also when it calls the function by an alias."""
    name = make_function(client, "throttled", {"app.py": HANDLER})
    version = client("lambda").publish_version(FunctionName=name)["Version"]
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    only = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"arn:aws:lambda:eu-west-2:000000000000:function:{name}:live", "Payload": {}},
        "End": True,
    }
    definition = json.dumps({"StartAt": "Only", "States": {"Only": only}})
    workflow = client("stepfunctions").create_state_machine(name="throttled", definition=definition, roleArn=ROLE)
    run = client("stepfunctions").start_execution(stateMachineArn=workflow["stateMachineArn"], input="{}")
    wait_for(lambda: run_of(client, run["executionArn"])["status"] != "RUNNING")
    assert run_of(client, run["executionArn"])["error"] == "Lambda.TooManyRequestsException"


def test_function_does_not_see_the_developers_environment(client: Client, function: str) -> None:
    assert invoke(client, function)[1]["secret_of_the_caller"] is None


def test_workflow_in_yaml_retries_and_catches_by_the_errors_name(client: Client, function: str) -> None:
    client("s3").create_bucket(Bucket="contract", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    client("s3").put_object(Bucket="contract", Key="workflow.asl.yaml", Body=WORKFLOW)
    properties = {
        "RoleArn": ROLE,
        "DefinitionS3Location": {"Bucket": "contract", "Key": "workflow.asl.yaml"},
        "DefinitionSubstitutions": {
            "WorkArn": f"arn:aws:lambda:eu-west-2:000000000000:function:{function}",
            "Wait": "1",
        },
    }
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    client("cloudformation").create_stack(
        StackName="contract",
        TemplateBody=json.dumps({"Resources": {"W": resource}, "Outputs": {"Arn": {"Value": {"Ref": "W"}}}}),
    )
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="contract", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    outputs = client("cloudformation").describe_stacks(StackName="contract")["Stacks"][0]["Outputs"]
    run = client("stepfunctions").start_execution(stateMachineArn=outputs[0]["OutputValue"], input="{}")
    wait_for(lambda: run_of(client, run["executionArn"])["status"] != "RUNNING")
    ended = run_of(client, run["executionArn"])
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["error"]["Error"] == "RetryableError"
    history = client("stepfunctions").get_execution_history(executionArn=run["executionArn"])["events"]
    assert [event["type"] for event in history].count("TaskFailed") == 2
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client("stepfunctions").start_execution(
            stateMachineArn=outputs[0]["OutputValue"], name=ended["name"], input='{"other": 1}'
        )


def test_bad_message_of_a_batch_goes_alone_to_the_dead_letters(client: Client, function: str) -> None:
    sqs = client("sqs")
    dead_url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead_url), "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "1", "RedrivePolicy": redrive})[
        "QueueUrl"
    ]
    bodies = ["good", "bad", "fine"]
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in bodies])
    client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=arn_of(sqs, url),
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    wait_for(lambda: (waiting(sqs, url), waiting(sqs, dead_url)) == (0, 1))
    (dead,) = sqs.receive_message(QueueUrl=dead_url)["Messages"]
    assert dead["Body"] == "bad"


def test_conditional_write_is_refused_when_the_condition_does_not_hold(client: Client) -> None:
    dynamodb = client("dynamodb")
    make_table(dynamodb, "conditions")
    item = {"pk": {"S": "one"}, "run": {"N": "1"}}
    once = {"TableName": "conditions", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(**once)
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        dynamodb.put_item(**once)
    check = {
        "TableName": "conditions",
        "Key": {"pk": {"S": "one"}},
        "ConditionExpression": "#run = :run",
        "ExpressionAttributeNames": {"#run": "run"},
        "ExpressionAttributeValues": {":run": {"N": "2"}},
    }
    other = {"Put": {"TableName": "conditions", "Item": {"pk": {"S": "two"}}}}
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}, other])
    assert "Item" not in dynamodb.get_item(TableName="conditions", Key={"pk": {"S": "two"}})


def test_time_to_live_is_kept_when_told_by_its_api(client: Client) -> None:
    dynamodb = client("dynamodb")
    make_table(dynamodb, "forgetful")
    wanted = {"Enabled": True, "AttributeName": "expires_at"}
    dynamodb.update_time_to_live(TableName="forgetful", TimeToLiveSpecification=wanted)
    told = dynamodb.describe_time_to_live(TableName="forgetful")["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_emulator_and_its_workers_end_when_their_owner_dies(tmp_path: Path) -> None:
    """Even an owner that had no time to clean up."""
    owner = (
        "import sys, time, pathlib; from sandbox.processes import Processes; from sandbox import local_aws\n"
        "home = pathlib.Path(sys.argv[1]); processes = Processes(home)\n"
        "endpoint = local_aws.start_emulator(processes, home); local_aws.wait_for_emulator(processes, endpoint)\n"
        "print(processes.ids['emulator'], flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", owner, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        emulator = int(process.stdout.readline())
        assert lives(emulator)
        process.kill()
    wait_for(lambda: not lives(emulator))


def lives(process_id: int) -> bool:
    """Also false for one that has ended and waits to be reaped by somebody else."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process_id)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return not state.startswith("Z")


def make_table(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )


def run_of(client: Client, execution: str) -> Any:
    return client("stepfunctions").describe_execution(executionArn=execution)


def arn_of(sqs: Any, url: str) -> str:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def waiting(sqs: Any, url: str) -> int:
    """Messages of the queue, hidden ones too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)
