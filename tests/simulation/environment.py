"""What the functions are given: the template's own settings and the workflow file, as text and numbers."""

import json
from functools import cache

from tests.deployed import HASH_KEY, NO_BUDGET, pascal, template, workflow_definition

KASHFLOW, ORDERCLOUD = "http://kashflow", "http://ordercloud"
SECRETS = {
    "webhook": {"current": HASH_KEY, "previous": ""},
    "kashflow": {"username": "api@shop.example", "password": "sandbox-password", "memorable_word": "sandbox"},
    "chat": {"finance": "", "technical": ""},
    "ordercloud": {"client_id": "kashflow-bridge", "client_secret": "bridge-secret"},
}
STATE_MACHINE = "arn:aws:states:eu-west-2:123456789012:stateMachine:OrderToInvoice"
_TEMPLATE = template()
DEFAULTS = {name: str(one["Default"]) for name, one in _TEMPLATE["Parameters"].items() if "Default" in one}
ENVIRONMENT = {
    "LEDGER_TABLE_NAME": "LedgerTable",
    "IDEMPOTENCY_TABLE_NAME": "IdempotencyTable",
    "ORDER_QUEUE_URL": "OrderQueue",
    "BACKFILL_QUEUE_URL": "BackfillQueue",
    "PAYOUT_QUEUE_URL": "PayoutQueue",
    "STATE_MACHINE_ARN": STATE_MACHINE,
    "WEBHOOK_SECRET_NAME": "webhook",
    "KASHFLOW_SECRET_NAME": "kashflow",
    "ORDERCLOUD_SECRET_NAME": "ordercloud",
    "FINANCE_TOPIC": "FinanceTopic",
    "TECHNICAL_TOPIC": "TechnicalTopic",
    "CHAT_SECRET_NAME": "chat",
    "KASHFLOW_URL": KASHFLOW,
    "ORDERCLOUD_URL": ORDERCLOUD,
    "MAX_WEBHOOK_BYTES": DEFAULTS["MaxWebhookBytes"],
    "COMMIT_SETTLE_SECONDS": DEFAULTS["CommitSettleSeconds"],
    **NO_BUDGET,
    "POWERTOOLS_METRICS_DISABLED": "true",
    "AWS_DEFAULT_REGION": "eu-west-2",
}
PUBLISHED_RULES = {"RULES_APPLICATION": "rules", "RULES_ENVIRONMENT": "live", "RULES_PROFILE": "rules"}
"""Beside the environment: the shop has rules of its own in AppConfig, or may have."""
_WAITS = {
    "RetryFirstWaitSeconds": DEFAULTS["RetryFirstWaitSeconds"],
    "UnknownOutcomeWaitSeconds": DEFAULTS["UnknownOutcomeWaitSeconds"],
    "ParkedForSeconds": str(86_400 * int(DEFAULTS["ParkedForDays"])),
}
DEFINITION = json.loads(workflow_definition(_WAITS))
PREPARE_ORDER = DEFINITION["States"]["PrepareOrder"]["Parameters"]["Payload"]
"""What the first step is given; `enrichment` is empty, because the shop has no function of its own."""
_ORDER_QUEUE = _TEMPLATE["Resources"]["OrderQueue"]["Properties"]
VISIBILITY_SECONDS = int(_ORDER_QUEUE["VisibilityTimeout"])
MOST_RECEIVES = int(_ORDER_QUEUE["RedrivePolicy"]["maxReceiveCount"])
RETENTION_SECONDS = int(_ORDER_QUEUE["MessageRetentionPeriod"])
_SOURCE = _TEMPLATE["Resources"]["ProcessOrderFunction"]["Properties"]["Events"]["Hints"]["Properties"]
BATCH, CONSUMERS = int(_SOURCE["BatchSize"]), int(_SOURCE["ScalingConfig"]["MaximumConcurrency"])


@cache
def time_limit(folder: str) -> int:
    """Seconds that a function may run, by the template, or as it has it for functions that it does not name."""
    resource = _TEMPLATE["Resources"].get(f"{pascal(folder)}Function", {"Properties": {}})
    return int(resource["Properties"].get("Timeout", _TEMPLATE["Globals"]["Function"]["Timeout"]))
