"""KashFlow's client."""

from ...books.kashflow.client import DIALECT, SYSTEM, KashflowClient
from ...books.kashflow.session import KashflowSession
from ...calls.access import AccessStore, Budget
from ...calls.credentials import KashflowCredentials
from ...calls.http import Caller
from ..secrets import Secret, credentials_of
from ..settings import KashflowSettings, read_settings
from ..wiring import Wiring
from .http import gate, timing
from .modes import caller as caller_in_mode


def client(wiring: Wiring) -> KashflowClient:
    settings = read_settings(KashflowSettings)
    store = AccessStore(wiring.table, "KASHFLOW")
    reached = DIALECT, settings.base_url, wiring.http, wiring.clock
    budget = Budget(settings.kashflow_calls_per_second, settings.kashflow_parallel_calls)
    before_calls = gate(wiring, SYSTEM, store, budget)
    session = KashflowSession(
        caller=Caller(*reached),
        credentials=Secret(
            wiring.aws.client("secretsmanager"),
            settings.kashflow_secret_name,
            credentials_of(KashflowCredentials),
            wiring.clock,
        ),
        store=store,
        gate=before_calls,
        timing=timing(wiring),
    )
    return KashflowClient(caller_in_mode(wiring)(*reached), session, before_calls)
