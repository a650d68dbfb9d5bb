"""How what the till's doors need is built."""

import hmac
import json

from sitecore_kashflow.calls.http import Call, Caller, Dialect
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.secrets import Secret
from sitecore_kashflow.runtime.wiring import Wiring
from sitecore_kashflow.shops.front_door import FrontDoor
from sitecore_kashflow.usecases.act_on_subject import Act
from tests.second_shop.events import recognise, signature
from tests.second_shop.shop import SOURCE, TillShop


def shop(wiring: Wiring) -> TillShop:
    return TillShop(wiring.kept_events, _caller(wiring, "till"))


orders = lists = audience = shop


def front_door(wiring: Wiring) -> FrontDoor:
    key = Secret(wiring.aws.client("secretsmanager"), "till", lambda fields: str(fields["key"]), wiring.clock)
    return FrontDoor(
        source=SOURCE,
        is_authentic=lambda raw, sent: hmac.compare_digest(signature(key(), raw), sent),
        recognise=recognise,
        max_bytes=10_000,
        accepted={"thanks": True},
        kept_events=wiring.kept_events,
    )


def stock_writer(wiring: Wiring) -> Act:
    """The one write of a stock level: the warehouse is told the newest one."""
    caller = _caller(wiring, "warehouse")

    def write(job: Job) -> str:
        kept = wiring.kept_events.newest(job.subject)
        level = json.loads(kept.body)["level"]
        if level < 0:
            raise PermanentError("LEVEL_BELOW_NOTHING", f"There are {level} of {job.subject.id}. Count them again.")
        caller.call(Call("PUT", f"/levels/{job.subject.id}", json={"level": level}))
        return "known"

    return write


def _caller(wiring: Wiring, host: str) -> Caller:
    return Caller(Dialect(host, lambda body: str(body["code"])), f"http://{host}", wiring.http, wiring.clock)
