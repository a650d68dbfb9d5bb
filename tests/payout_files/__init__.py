"""Payout files of each gateway's shape, and the mappings of those for which none ships."""

import io
from pathlib import Path

from sitecore_kashflow.canonical.payout import Payout
from sitecore_kashflow.payouts.mappings import READY, parse_mapping, ready_mapping
from sitecore_kashflow.payouts.reading import read_payouts
from sitecore_kashflow.rules.gateways import GatewayMapping

HERE = Path(__file__).parent


def mapping_of(name: str) -> GatewayMapping:
    """The one that ships, or the shop's own beside the file."""
    return ready_mapping(name) if name in READY else parse_mapping((HERE / f"{name}.yaml").read_text("utf-8"), name)


def raw(name: str) -> bytes:
    """The bytes of a sample file."""
    return next(HERE.glob(f"{name}.[ct]sv")).read_bytes()


def read(source: bytes, mapping: GatewayMapping) -> list[Payout]:
    return read_payouts(io.BytesIO(source), mapping)


def payouts(name: str) -> list[Payout]:
    """What a sample file says."""
    return read(raw(name), mapping_of(name))
