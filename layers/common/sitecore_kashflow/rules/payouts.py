"""The rules about what gateways keep for themselves, and what they pay out."""

from typing import Literal

from pydantic import BaseModel, Field

from .gateways import GatewayMapping
from .section import SECTION

FeeVat = Literal["none", "uk", "reverse_charge"]


class FeeRules(BaseModel):
    """Where fees go, and what the VAT of a gateway's fees is: of each by name, else `vat`.

    Without an `adjustment_nominal` a payout with an adjustment waits for a person.
    """

    model_config = SECTION

    nominal: int = 7905
    dispute_nominal: int = 7910
    adjustment_nominal: int | None = None
    vat: FeeVat = "none"
    vat_by_gateway: dict[str, FeeVat] = {}

    def vat_of(self, gateway: str) -> FeeVat:
        return self.vat_by_gateway.get(gateway, self.vat)


class PayoutRules(BaseModel):
    """`bank_account`: where payouts arrive, by code. `source`: the shop whose order numbers the files have.

    `wait_hours`: how long a payout waits for orders that it has brought to light. `mappings` are the shop's own, by the
    name of the folder that its files are put into.
    """

    model_config = SECTION

    bank_account: str | None = Field(default=None, pattern=r"^[0-9]{1,9}$")
    source: str = Field(default="ordercloud", pattern=r"^[a-z][a-z_]*$")
    wait_hours: int = Field(default=24, ge=0, le=240)
    mappings: dict[str, GatewayMapping] = {}
