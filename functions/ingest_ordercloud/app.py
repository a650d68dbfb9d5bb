"""OrderCloud posts an event; it becomes a small envelope on the order queue."""

from sitecore_kashflow.runtime.entrypoints import webhook
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.accept_event import Reply, accept_event


@webhook
def lambda_handler(raw: bytes, signature: str, correlation_id: str) -> Reply:
    """Answer 200, or 401 (bad or no hash), 413 (too large), 400 (not JSON), 503 (not accepted, send again)."""
    hands = wiring()
    return accept_event(
        raw=raw,
        sent_signature=signature,
        hash_keys=hands.hash_keys(False).live,
        largest=hands.ingest.max_webhook_bytes,
        queue=hands.order_queue,
        now=hands.clock(),
        correlation_id=correlation_id,
    )
