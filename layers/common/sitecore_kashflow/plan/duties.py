"""What an invoice says in lines that cost nothing: what the law wants, what the customer does, and what the shop."""

from decimal import Decimal

from ..canonical.invoice import InvoiceDraft
from ..canonical.money import ZERO, round_money, round_to_total


def with_duties(draft: InvoiceDraft, rate: Decimal, home: str) -> InvoiceDraft:
    """The draft with a line for each duty. `rate` is that of its currency: foreign units for one of `home`.

    The law's are those of the VAT Regulations 1995, regulation 14.
    """
    by_law = _reverse_charge(draft) + _vat_at_home(draft, rate, home)
    number = [f"Your order number: {draft.customers_number}"] if draft.customers_number else []
    words = [(text, "the customer wants it said") for text in number]
    words += [(draft.text, "the shop wants it said")] if draft.text else []
    words += [(text, "the law wants it said") for text in by_law]
    notes = [line.note(text, why) for line in draft.lines[:1] for text, why in words]
    return draft.model_copy(update={"lines": (*draft.lines, *notes)})


def _reverse_charge(draft: InvoiceDraft) -> list[str]:
    """Regulation 14(1)(o): who accounts for the VAT, where it is the customer."""
    number = draft.reverse_charged_to
    return [f"Reverse charge: customer to account for VAT. Customer VAT no. {number}"] if number else []


def _vat_at_home(draft: InvoiceDraft, rate: Decimal, home: str) -> list[str]:
    """Regulation 14(1)(l): the UK VAT of an invoice in another currency, in sterling, for each percentage."""
    if draft.currency == home:
        return []
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in draft.lines:
        net, vat = sums.get(line.vat_level, (ZERO, ZERO))
        sums[line.vat_level] = net + line.net, vat + line.vat
    taxed = {level: both for level, both in sums.items() if both[1]}
    vats = round_to_total([vat / rate for _, vat in taxed.values()], round_money(draft.vat / rate, home), home)
    return [
        f"VAT {home} {vat} on {home} {round_money(net / rate, home)} at {level.normalize():f} %, rate {rate}"
        for (level, (net, _)), vat in zip(taxed.items(), vats, strict=True)
    ]
