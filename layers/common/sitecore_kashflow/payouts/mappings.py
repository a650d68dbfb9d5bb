"""The mapping of each gateway: those that ship, and the shop's own, which come first."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import ValidationError

from ..errors import PermanentError
from ..rules.document import document_of
from ..rules.gateways import GatewayMapping

READY = ("adyen", "paypal_activity", "paypal_settlement", "stripe")
_FOLDER = "ready"


@cache
def ready_mapping(name: str) -> GatewayMapping:
    """A mapping that ships."""
    text = resources.files(__package__).joinpath(_FOLDER, f"{name}.yaml").read_text("utf-8")
    return parse_mapping(text, name)


def mapping_named(name: str, own: Mapping[str, GatewayMapping]) -> GatewayMapping:
    """The mapping of this name. Raises `PermanentError` if there is none."""
    if name in own:
        return own[name]
    if name in READY:
        return ready_mapping(name)
    known = ", ".join(sorted({*READY, *own}))
    raise PermanentError(
        "GATEWAY_UNKNOWN",
        f"There is no mapping {name!r} of a payout file. There are {known}. Add yours under `payouts.mappings` in the "
        "rules (docs/payouts.md), and send the file again.",
    )


def parse_mapping(text: str, name: str) -> GatewayMapping:
    """A mapping of one's own, YAML or JSON. Raises `PermanentError` that names every wrong field."""
    try:
        return GatewayMapping.model_validate(document_of(text))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise PermanentError("GATEWAY_MAPPING_INVALID", f"The mapping {name} is wrong: {faults}") from None
    except PermanentError as error:
        words = error.words.replace("The rules document", f"The mapping {name}").replace("`version`", "`gateway`")
        raise PermanentError("GATEWAY_MAPPING_INVALID", words) from None
