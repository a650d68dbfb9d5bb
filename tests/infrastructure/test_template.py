"""House rules of template.yaml: things have their trio, permissions are narrow, alarms can go off."""

import copy
import json
import math
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.calls.http import TIMEOUT
from sitecore_kashflow.observability import NAMESPACE, Metric
from sitecore_kashflow.usecases.reconcile_books import WORK_FOR
from sitecore_kashflow.usecases.watch_duplicates import PASS_EVERY, READ_FOR
from tests.deployed import ROOT, WORKFLOW_FILE, pascal, template

TEMPLATE = template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBAL_FUNCTION = TEMPLATE["Globals"]["Function"]
FOURTEEN_DAYS = 14 * 24 * 3600

# What AWS publishes by itself, with the dimension that names the resource.
AWS_METRICS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): "QueueName",
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): "QueueName",
    ("AWS/States", "ExecutionsFailed"): "StateMachineArn",
    ("AWS/States", "ExecutionsTimedOut"): "StateMachineArn",
    ("AWS/ApiGateway", "4XXError"): "ApiName",
    ("AWS/ApiGateway", "5XXError"): "ApiName",
}


def of_type(resource_type: str) -> dict[str, dict[str, Any]]:
    """Properties by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in RESOURCES.items()
        if resource["Type"] == resource_type
    }


QUEUES = of_type("AWS::SQS::Queue")
FUNCTIONS = of_type("AWS::Serverless::Function")
ALARMS = of_type("AWS::CloudWatch::Alarm")
COMPOSITES = of_type("AWS::CloudWatch::CompositeAlarm")
WORKFLOW = of_type("AWS::Serverless::StateMachine")["OrderToInvoiceWorkflow"]
WORKFLOW_TEXT = WORKFLOW_FILE.read_text("utf-8")
TEMPLATE_TEXT = (ROOT / "template.yaml").read_text("utf-8")
WORK_QUEUES = sorted(name for name, queue in QUEUES.items() if "RedrivePolicy" in queue)
DEAD_LETTER_QUEUES = sorted(set(QUEUES) - set(WORK_QUEUES))


def named(value: Any) -> str:
    """The logical name that a `Ref`, a `GetAtt` or a `Sub` of one resource points to."""
    if isinstance(value, dict) and "Ref" in value:
        return str(value["Ref"]).removesuffix(".Alias")
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    return ""


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every permission statement that a role of the stack gets, with the name of the resource that has it."""
    for name, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", []):
            if "Statement" in policy:
                yield from ((name, statement) for statement in policy["Statement"])
            else:
                policy = policy["Fn::If"][1] if "Fn::If" in policy else policy  # noqa: PLW2901
                assert named(policy) in of_type("AWS::IAM::ManagedPolicy"), f"{name} has a policy of unknown width"
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield from ((name, statement) for statement in properties["PolicyDocument"]["Statement"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# Queues


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_queue_has_its_dead_letters(name: str) -> None:
    assert named(QUEUES[name]["RedrivePolicy"]["deadLetterTargetArn"]) in DEAD_LETTER_QUEUES


@pytest.mark.parametrize("name", DEAD_LETTER_QUEUES)
def test_dead_letters_are_kept_for_fourteen_days(name: str) -> None:
    assert name.endswith("DeadLetterQueue")
    assert QUEUES[name]["MessageRetentionPeriod"] == FOURTEEN_DAYS


@pytest.mark.parametrize("name", DEAD_LETTER_QUEUES)
def test_dead_letters_raise_an_alarm_at_the_first(name: str) -> None:
    alarm = ALARMS[name.replace("Queue", "Alarm")]
    assert named(alarm["Dimensions"][0]["Value"]) == name
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_queue_is_encrypted(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True


def consumers() -> list[tuple[str, str]]:
    return [
        (name, named(event["Properties"]["Queue"]))
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    ]


def test_every_work_queue_has_one_consumer() -> None:
    assert sorted(queue for _, queue in consumers()) == WORK_QUEUES


@pytest.mark.parametrize(("function", "queue"), consumers())
def test_message_stays_hidden_for_six_times_the_consumers_time(function: str, queue: str) -> None:
    timeout = FUNCTIONS[function].get("Timeout", GLOBAL_FUNCTION["Timeout"])
    assert QUEUES[queue]["VisibilityTimeout"] >= 6 * timeout


@pytest.mark.parametrize(("function", "queue"), consumers())
def test_consumer_answers_for_each_message_alone(function: str, queue: str) -> None:
    answers = [
        event["Properties"].get("FunctionResponseTypes")
        for event in FUNCTIONS[function]["Events"].values()
        if event["Type"] == "SQS"
    ]
    assert set(map(tuple, answers)) == {("ReportBatchItemFailures",)}


# Functions


def test_every_folder_is_one_function_and_every_function_is_one_folder() -> None:
    folders = {
        f"{pascal(path.parent.name)}Function": f"functions/{path.parent.name}/"
        for path in ROOT.glob("functions/*/app.py")
    }
    assert {name: function["CodeUri"] for name, function in FUNCTIONS.items()} == folders


def environment(function: dict[str, Any]) -> dict[str, Any]:
    """All that a function finds in its environment."""
    own: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return {**GLOBAL_FUNCTION["Environment"]["Variables"], **own}


def names_in(value: Any) -> Iterator[str]:
    """All logical names in a value, whichever way it turns out."""
    yield named(value)
    if isinstance(value, dict) and "Fn::If" in value:
        for one in value["Fn::If"][1:]:
            yield from names_in(one)


def test_functions_write_to_one_log_group() -> None:
    assert not [name for name, function in FUNCTIONS.items() if "LoggingConfig" in function]
    assert named(GLOBAL_FUNCTION["LoggingConfig"]["LogGroup"]) in of_type("AWS::Logs::LogGroup")


@pytest.mark.parametrize("name", sorted(of_type("AWS::Logs::LogGroup")))
def test_log_is_kept_for_a_stated_time(name: str) -> None:
    assert RESOURCES[name]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_publishes_a_version_when_anything_of_it_changes(name: str) -> None:
    """Else the alias would go on with the old environment.

    A parameter too many is as wrong as one too few: Lambda refuses to publish a version of what has not changed.
    """
    function = FUNCTIONS[name]
    assert function["AutoPublishAliasAllProperties"] is True
    used = {name for value in environment(function).values() for name in names_in(value)} & set(TEMPLATE["Parameters"])
    used -= {"AwsEndpointUrl"}  # empty on AWS
    described = set(re.findall(r"\$\{(\w+)\}", function["VersionDescription"]["Fn::Sub"]))
    assert described == used | {"Runtime", "Architecture", "SnapStart"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_description_of_a_version_is_no_longer_than_lambda_takes(name: str) -> None:
    """256 characters; here with addresses of fifty and numbers of six digits, or as large as they may be."""

    def longest(parameter: re.Match[str]) -> str:
        declared = TEMPLATE["Parameters"][parameter[1]]
        if parameter[1].endswith("Url"):
            return "x" * 50
        if parameter[1] == "LiveFrom":
            return "2026-12-01T00:00:00Z"
        if parameter[1] == "ExistingLedger":
            return "x" * 45
        if declared["Type"] == "Number":
            return str(declared.get("MaxValue", 999999))
        return str(max(declared["AllowedValues"], key=len))

    filled = re.sub(r"\$\{(\w+)\}", longest, FUNCTIONS[name]["VersionDescription"]["Fn::Sub"])
    assert len(filled) <= 256


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_says_what_it_does(name: str) -> None:
    assert FUNCTIONS[name]["Description"]


def test_failed_asynchronous_events_are_kept() -> None:
    """EventBridge does not wait for the function, so its own dead letters would not see it fail."""
    for name, function in FUNCTIONS.items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "EventBridgeRule":
                delivery = named(event["Properties"]["DeadLetterConfig"]["Arn"])
                failure = named(function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])
                assert {delivery, failure} <= set(DEAD_LETTER_QUEUES), name


# Workflow


def test_every_substitution_of_the_workflow_is_supplied_and_used() -> None:
    assert set(WORKFLOW["DefinitionSubstitutions"]) == set(re.findall(r"\$\{(\w+)\}", WORKFLOW_TEXT))


def test_workflow_calls_exactly_the_steps_and_may_call_no_other() -> None:
    steps = {
        key.removesuffix("Arn"): named(value)
        for key, value in WORKFLOW["DefinitionSubstitutions"].items()
        if key.endswith("Arn")
    }
    assert steps == {step: f"{step}Function" for step in steps}
    invoke = {owner: s for owner, s in statements() if as_list(s["Action"]) == ["lambda:InvokeFunction"]}
    called = {owner: sorted(map(named, as_list(statement["Resource"]))) for owner, statement in invoke.items()}
    assert called.pop("EnrichmentAccess") == ["EnrichmentFunctionArn"]
    assert called == {"OrderToInvoiceWorkflow": sorted(steps.values())}


def test_workflow_gives_every_step_more_time_than_its_function_takes() -> None:
    task_seconds = [int(seconds) for seconds in re.findall(r"TimeoutSeconds: (\d+)", WORKFLOW_TEXT)]
    steps = [named(value) for key, value in WORKFLOW["DefinitionSubstitutions"].items() if key.endswith("Arn")]
    slowest = max(FUNCTIONS[step].get("Timeout", GLOBAL_FUNCTION["Timeout"]) for step in steps)
    assert min(task_seconds) > slowest


def test_workflow_is_a_file_and_writes_no_contents_to_its_log() -> None:
    assert "Definition" not in WORKFLOW
    assert WORKFLOW["DefinitionUri"] == "statemachines/order_to_invoice.asl.yaml"
    assert WORKFLOW["Logging"]["IncludeExecutionData"] is False


def test_parked_days_are_written_in_seconds() -> None:
    seconds = {days: entry["Seconds"] for days, entry in TEMPLATE["Mappings"]["SecondsOfDays"].items()}
    assert seconds == {days: int(days) * 86_400 for days in TEMPLATE["Parameters"]["ParkedForDays"]["AllowedValues"]}


# Permissions


@pytest.mark.parametrize(("name", "statement"), list(statements()))
def test_permission_has_no_star(name: str, statement: dict[str, Any]) -> None:
    assert not [action for action in as_list(statement["Action"]) if "*" in action]
    if statement.get("Sid") != "LogDelivery":  # AWS offers those actions on no narrower resource
        starred = [resource for resource in as_list(statement["Resource"]) if "*" in str(resource)]
        within = ("execution:${OrderToInvoiceWorkflow.Name}:*", "${PayoutBucket.Arn}/*")
        assert all(any(one in str(resource) for one in within) for resource in starred)


def test_only_log_delivery_is_allowed_on_everything() -> None:
    (wide,) = [statement for _, statement in statements() if statement.get("Sid") == "LogDelivery"]
    assert {action.partition(":")[0] for action in wide["Action"]} == {"logs"}
    assert not [action for action in wide["Action"] if re.search("Put(Log|Retention)|Delete(Log)?Group", action)]


def test_ledger_can_be_read_and_written_item_by_item_and_fenced() -> None:
    """A fenced write is a transaction, which asks for `ConditionCheckItem` besides the write itself."""
    (allowed,) = RESOURCES["LedgerAccess"]["Properties"]["PolicyDocument"]["Statement"]
    actions = {action.partition(":")[2] for action in allowed["Action"]}
    assert actions == {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "Query"}


def test_run_that_ends_badly_in_any_way_is_parked() -> None:
    (event,) = FUNCTIONS["ParkOrderFunction"]["Events"].values()
    assert set(event["Properties"]["Pattern"]["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}


def test_no_function_shares_a_role() -> None:
    assert not [name for name, function in FUNCTIONS.items() if "Role" in function]


# Alarms


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_alarm_watches_something_that_exists(name: str) -> None:
    alarm = ALARMS[name]
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    if alarm["Namespace"] == NAMESPACE:
        assert alarm["MetricName"] in set(Metric)
        assert dimensions == {"service": GLOBAL_FUNCTION["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]}
    else:
        dimension = AWS_METRICS[alarm["Namespace"], alarm["MetricName"]]
        if dimension == "ApiName":
            api = of_type("AWS::Serverless::Api")["WebhookApi"]
            assert dimensions == {"ApiName": api["Name"], "Stage": api["StageName"]}
        else:
            assert named(dimensions[dimension]) in RESOURCES


def test_no_two_alarms_watch_the_same() -> None:
    watched = [(alarm["Namespace"], alarm["MetricName"], str(alarm["Dimensions"])) for alarm in ALARMS.values()]
    assert len(watched) == len(set(watched))


@pytest.mark.parametrize("name", sorted(ALARMS | COMPOSITES))
def test_alarm_is_heard_and_says_what_to_read(name: str) -> None:
    """By itself, or through a composite that goes off with it."""
    alarm = (ALARMS | COMPOSITES)[name]
    heard = [one["AlarmRule"]["Fn::Sub"] for one in COMPOSITES.values()]
    if "AlarmActions" in alarm:
        assert list(map(named, alarm["AlarmActions"])) == ["AlarmTopic"]
    else:
        assert [rule for rule in heard if f'ALARM("${{{name}}}")' in rule.partition("AND NOT")[0]] != []
    assert re.search(r"See docs/runbook\.md#[a-z-]+$", alarm["AlarmDescription"])


@pytest.mark.parametrize("name", sorted(COMPOSITES))
def test_composite_watches_alarms_of_the_template(name: str) -> None:
    assert set(re.findall(r"\$\{(\w+)\}", COMPOSITES[name]["AlarmRule"]["Fn::Sub"])) <= set(ALARMS)


def test_sweep_comes_often_enough_that_a_failed_one_is_not_taken_for_none() -> None:
    """Twice within the time after which it is taken to be off."""
    off = ALARMS["SweepOffAlarm"]
    assert 2 * 60 * TEMPLATE["Parameters"]["SweepEveryMinutes"]["MaxValue"] <= (off["EvaluationPeriods"] + 1) * 60


@pytest.mark.parametrize(
    "metric",
    [
        Metric.ORDERS_PARKED,
        Metric.CREDENTIALS_REFUSED,
        Metric.OUTCOMES_UNKNOWN,
        Metric.DUPLICATES_FOUND,
        Metric.DUPLICATE_WATCH_LATE,
        Metric.BOOKS_DIFFER,
        Metric.RECONCILIATION_LATE,
        Metric.EVENTS_REJECTED,
        Metric.LONGEST_WAIT,
        Metric.REPORTS_FAILED,
        Metric.SWEEPS_BEGUN,
        Metric.SYSTEMS_AWAY,
    ],
)
def test_trouble_has_an_alarm(metric: Metric) -> None:
    assert metric in {alarm["MetricName"] for alarm in ALARMS.values()}


@pytest.mark.parametrize(
    "metric",
    [Metric.DUPLICATES_FOUND, Metric.DUPLICATE_WATCH_LATE, Metric.BOOKS_DIFFER, Metric.RECONCILIATION_LATE],
)
def test_alarm_on_what_every_look_counts_stays_as_it_is_between_two_looks(metric: Metric) -> None:
    (alarm,) = [alarm for alarm in ALARMS.values() if alarm["MetricName"] == metric]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Maximum", 1, "ignore")


def test_duplicate_watch_looks_often_enough_that_a_day_is_kept_if_one_look_fails() -> None:
    """A pass through all invoices begins at the first look after `PASS_EVERY`."""
    for every in TEMPLATE["Parameters"]["DuplicateWatchEveryHours"]["AllowedValues"]:
        looks = math.ceil(PASS_EVERY / timedelta(hours=every))
        assert (looks + 1) * every <= 24, every


def test_duplicate_watch_may_end_its_last_call_after_it_stops_to_read() -> None:
    """A session may have to be begun before that call, and what was learned is written down after it."""
    seconds = FUNCTIONS["WatchDuplicatesFunction"]["Timeout"]
    assert seconds >= READ_FOR.total_seconds() + 2 * ((TIMEOUT.connect or 0) + (TIMEOUT.read or 0))


def test_comparison_of_the_books_may_end_its_last_call_after_it_stops_to_work() -> None:
    seconds = FUNCTIONS["ReconcileBooksFunction"]["Timeout"]
    assert seconds >= WORK_FOR.total_seconds() + 2 * ((TIMEOUT.connect or 0) + (TIMEOUT.read or 0))


# Data


@pytest.mark.parametrize("name", sorted(of_type("AWS::DynamoDB::Table")))
def test_table_is_encrypted_and_forgets(name: str) -> None:
    table = RESOURCES[name]["Properties"]
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_ledger_outlives_the_stack_and_can_be_restored() -> None:
    ledger = RESOURCES["LedgerTable"]
    assert ledger["DeletionPolicy"] == ledger["UpdateReplacePolicy"] == "Retain"
    assert ledger["Properties"]["DeletionProtectionEnabled"] is True
    assert ledger["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_backups_are_paid_for_only_where_something_would_be_lost() -> None:
    tables = of_type("AWS::DynamoDB::Table")
    assert [name for name, table in tables.items() if "PointInTimeRecoverySpecification" in table] == ["LedgerTable"]


def test_ledger_of_an_earlier_stack_is_named_wherever_the_own_one_is() -> None:
    """A `Ref` of a table that the stack does not make would stop the deployment."""
    lines = [line for line in TEMPLATE_TEXT.splitlines() if re.search(r"(!Ref|!GetAtt|\$\{) ?LedgerTable\b", line)]
    assert [line.strip() for line in lines] == [
        "LEDGER_TABLE_NAME: &ledger !If [LedgerIsOurs, !Ref LedgerTable, !Ref ExistingLedger]"
    ]
    assert RESOURCES["LedgerTable"]["Condition"] == "LedgerIsOurs"


# Two stacks in one account


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_schedule_is_named_by_its_stack(name: str) -> None:
    """Otherwise SAM names it by its place in the template, and a second stack of the account cannot be made."""
    events = FUNCTIONS[name].get("Events", {}).values()
    schedules = [event["Properties"] for event in events if event["Type"] == "ScheduleV2"]
    assert all(schedule["OmitName"] is True and "Name" not in schedule for schedule in schedules)


def test_every_fixed_name_has_the_stack_in_it() -> None:
    named_by_type = {"AWS::AppConfig::Environment": "Name", "AWS::AppConfig::ConfigurationProfile": "Name"}
    for name, resource in RESOURCES.items():
        given = {key: value for key, value in resource.get("Properties", {}).items() if re.search("Name$", key)}
        given = {
            key: value for key, value in given.items() if key in ("Name", "LogGroupName", "TableName", "QueueName")
        }
        if resource["Type"] not in named_by_type:  # these are named within their application
            assert all("${AWS::StackName}" in str(value) for value in given.values()), name


# Old versions


def test_old_versions_of_functions_are_deleted() -> None:
    assert GLOBAL_FUNCTION["VersionDeletionPolicy"] == "Delete"
    assert of_type("AWS::Serverless::LayerVersion")["CommonLayer"]["RetentionPolicy"] == "Delete"


# The API


def test_access_log_says_what_was_answered_and_nothing_of_people() -> None:
    (api,) = of_type("AWS::Serverless::Api").values()
    logged, told = api["AccessLogSetting"]["Fn::If"][1], api["AccessLogSetting"]["Fn::If"][1]["Format"]
    assert named(logged["DestinationArn"]) == "AccessLogGroup"
    assert json.loads(told).keys() >= {"request", "time", "status", "error"}
    assert not re.search(r"sourceIp|identity|header|body|path\b(?!\")", told.replace("resourcePath", ""))


def test_role_of_the_access_log_stays_for_the_other_apis_of_the_account() -> None:
    for name in ("ApiLogging", "ApiLoggingRole"):
        assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("parameter", ["KashflowUrl", "OrdercloudUrl"])
def test_system_is_called_encrypted_or_on_this_machine(parameter: str) -> None:
    allowed = re.compile(TEMPLATE["Parameters"][parameter]["AllowedPattern"])
    for good in ("https://api.kashflow.com/v2", "http://127.0.0.1:8100", "http://127.0.0.1/v2"):
        assert allowed.fullmatch(good), good
    for bad in ("http://api.kashflow.com/v2", "https://", "http://127.0.0.1.example", "ftp://127.0.0.1", ""):
        assert not allowed.fullmatch(bad), bad


def test_live_from_is_a_moment_in_utc_or_nothing() -> None:
    allowed = re.compile(TEMPLATE["Parameters"]["LiveFrom"]["AllowedPattern"])
    assert allowed.fullmatch("2026-12-01T00:00:00Z")
    assert allowed.fullmatch("")
    assert not [text for text in ("2026-12-01", "2026-12-01T00:00:00", "tomorrow") if allowed.fullmatch(text)]


def test_values_that_depend_on_one_another_are_refused_with_words() -> None:
    for name, rule in TEMPLATE["Rules"].items():
        assert rule["RuleCondition"], name
        assert all(one["AssertDescription"].endswith(".") for one in rule["Assertions"]), name


def test_secrets_are_parameters_that_nobody_can_read_back() -> None:
    told = {
        parameter
        for secret in of_type("AWS::SecretsManager::Secret").values()
        for parameter in re.findall(r"\$\{(\w+)\}", str(secret.get("SecretString", "")))
    }
    assert len(told) == 7
    for parameter in told:
        assert TEMPLATE["Parameters"][parameter]["NoEcho"] is True
        allowed = re.compile(TEMPLATE["Parameters"][parameter]["AllowedPattern"])
        good = "https://hooks.example/a-1?b=2" if parameter.endswith("ChatUrl") else "Tr0ub4dor & £3's {word}: $x"
        assert allowed.fullmatch(good)
        assert not [text for text in ('say "hello"', "back\\slash") if allowed.fullmatch(text)]
        assert bool(allowed.fullmatch("")) is parameter.endswith("ChatUrl")


def test_no_secret_stands_in_an_environment() -> None:
    for function in FUNCTIONS.values():
        for name, value in environment(function).items():
            assert not TEMPLATE["Parameters"].get(named(value), {}).get("NoEcho"), name


# The template as a whole


def test_every_parameter_is_described_and_used() -> None:
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Description"], name
        assert re.search(rf"!Ref {name}\b|\$\{{{name}\}}", TEMPLATE_TEXT), f"{name} is not used"


def test_every_parameter_is_in_one_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = [parameter for group in groups for parameter in group["Parameters"]]
    assert sorted(listed) == sorted(TEMPLATE["Parameters"])


def test_nothing_is_defined_inline() -> None:
    for name, resource in RESOURCES.items():
        inline = {"InlineCode", "DefinitionBody", "DefinitionString", "DashboardBody"}
        assert not inline & set(resource.get("Properties", {})), name


def test_no_line_is_too_long_to_be_read() -> None:
    """One line alone is long: the schema of the rules, which a command writes."""
    long = [line for line in TEMPLATE_TEXT.splitlines() if len(line) > 200]
    assert [line.lstrip()[:9] for line in long] == ["Content: "]


def test_shared_template_cannot_be_changed_by_one_test_for_the_next() -> None:
    with pytest.raises(TypeError, match="copy"):
        template()["Resources"]["OrderQueue"]["Properties"]["VisibilityTimeout"] = 0
    with pytest.raises(TypeError, match="copy"):
        ALARMS["SystemsAwayAlarm"]["AlarmActions"].append("nobody")
    own = copy.deepcopy(template())
    own["Resources"]["OrderQueue"]["Properties"]["VisibilityTimeout"] = 0
    assert template()["Resources"]["OrderQueue"]["Properties"]["VisibilityTimeout"] == 180
