"""`evidence --order`: all that the ledger keeps of one sale, for as long as the law wants to see it."""

import json
from dataclasses import asdict
from typing import Any

from ...documents.entry import Entry
from ...documents.sold_lines import unpack_lines
from ...errors import PermanentError
from ...rules.document import default_rules, document_of
from ...runs.subject import Subject
from ...runtime.kept_rules import KeptRules
from ..books_values import KeptOrder, KeptRulesDocument, SaleEvidence
from ..desk import Desk
from ..names import name_of


def evidence_of_sale(subject: Subject, desk: Desk) -> SaleEvidence:
    """The order as it was understood, its documents, and the rules by which they were made.

    It is found even if the record of the order's runs is gone. Raises `PermanentError` if nothing is kept.
    """
    wiring = desk.wiring
    orders = tuple(
        KeptOrder(kept.name.partition("#")[2], kept.written_at, kept.expires_at, json.loads(kept.value))
        for kept in wiring.runs.snapshots(subject)
    )
    entries = list(wiring.documents.of(subject))
    if not orders and not entries:
        raise PermanentError("NO_EVIDENCE", f"The ledger keeps nothing of {name_of(subject)}.")
    versions = dict.fromkeys(entry.rules_version for entry in entries)
    return SaleEvidence(
        order=name_of(subject),
        orders=orders,
        documents=tuple(map(_document, entries)),
        rules=tuple(_rules(version, desk) for version in versions),
    )


def _document(entry: Entry) -> dict[str, Any]:
    """Everything that the ledger has of a document, and whether it is in the books."""
    sold = [line.model_dump(mode="json") for line in unpack_lines(entry.sold)]
    return asdict(entry) | {"is_in_the_books": entry.standing is not None, "sold": sold}


def _rules(version: str, desk: Desk) -> KeptRulesDocument:
    """The documents that were in force under a version; none where it was the default of the bridge."""
    texts = KeptRules(desk.wiring.table).texts()
    own = tuple(text for text in texts if str(document_of(text).get("version")) == version)
    return KeptRulesDocument(version, own, is_default=not own and default_rules().version == version)
