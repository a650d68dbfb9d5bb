"""The floor of each door: the libraries that it cannot do without, imported and ready for use, with nothing of ours.

A floor is made of parts. Each says in `why` what the door needs it for, and builds just that: a client for a service
that it calls, one model, one HTTP client with its TLS context. What a door builds beyond its floor is its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Why a door needs some libraries, and the code that makes them ready."""

    why: str
    code: str


_LOG = Part(
    "every door logs and counts",
    """
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="floor", location=None)
metrics = Metrics(service="floor", namespace="Floor")
""",
)
_SECRETS = Part(
    "keys and credentials lie in Secrets Manager",
    """
import boto3

secrets = boto3.client("secretsmanager")
""",
)
_QUEUE = Part(
    "envelopes are put on a queue",
    """
import boto3

queue = boto3.client("sqs")
""",
)
_TOPIC = Part(
    "people are told by e-mail",
    """
import boto3

topic = boto3.client("sns")
""",
)
_LEDGER = Part(
    "the ledger is a DynamoDB table, read and written as plain Python values",
    """
import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table("Floor")
""",
)
_WORKFLOW = Part(
    "runs are started in Step Functions",
    """
import boto3

workflow = boto3.client("stepfunctions")
""",
)
_HINTS = Part(
    "records of a batch fail each alone, and the same hint is served once a day",
    """
import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

config = IdempotencyConfig(event_key_jmespath="[id]", expires_after_seconds=86_400)
store = DynamoDBPersistenceLayer(table_name="Floor", boto3_client=boto3.client("dynamodb"))
""",
)
_MODELS = Part(
    "what another system sends, or what was kept of it, is checked field by field",
    """
from pydantic import BaseModel


class Model(BaseModel):
    name: str = ""
""",
)
_CALLS = Part(
    "the shop or the books are called over HTTPS, in JSON with exact decimals",
    """
import httpx
import simplejson

http = httpx.Client()
decoder = simplejson.JSONDecoder()
""",
)
_RULES = Part(
    "the shop's rules are read from AppConfig and laid over a default in YAML",
    """
import boto3
import yaml

settings = boto3.client("appconfigdata")
document = yaml.load("version: floor", Loader=yaml.CSafeLoader)
""",
)

_OUTSIDE = (_LOG, _LEDGER, _SECRETS, _CALLS)
_BOOKING = (*_OUTSIDE, _MODELS, _RULES)
FLOORS: dict[str, tuple[Part, ...]] = {
    "ingest_ordercloud": (_LOG, _SECRETS, _QUEUE),
    "process_order": (_LOG, _LEDGER, _WORKFLOW, _HINTS),
    "prepare_order": _BOOKING,
    "ensure_customer": _BOOKING,
    "create_invoice": _BOOKING,
    "settle_invoice": _BOOKING,
    "report_status": _OUTSIDE,
    "park_order": _OUTSIDE,
    "sweep_orders": (*_OUTSIDE, _QUEUE),
    "watch_duplicates": (*_OUTSIDE, _MODELS),
    "notify_people": (*_OUTSIDE, _MODELS, _TOPIC),
}
USUAL = Part(
    "what a webhook's function often imports, whether it needs it or not",
    """
import boto3
import httpx
import pydantic
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities import batch, idempotency

logger = Logger(service="floor", location=None)
metrics = Metrics(service="floor", namespace="Floor")
secrets, queue = boto3.client("secretsmanager"), boto3.client("sqs")
http = httpx.Client()
""",
)


def script(*parts: Part) -> str:
    """The parts, one after the other, as one program."""
    return "\n".join(part.code.strip() for part in parts)
