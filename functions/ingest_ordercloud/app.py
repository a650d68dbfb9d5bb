"""OrderCloud posts an event; a small envelope goes on the order queue."""

from sitecore_kashflow.runtime.doors.webhook import webhook
from sitecore_kashflow.runtime.providers.ordercloud_front_door import front_door
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.shops.ordercloud.signature import HEADER
from sitecore_kashflow.usecases.accept_event import Post, Reply, accept_event

accept = injected(accept_event, front_door=front_door)


@webhook(HEADER)
def lambda_handler(post: Post) -> Reply:
    """Answer 200, or 401 (bad or no hash), 413 (too large), 400 (not JSON), 503 (not accepted, send again)."""
    reply: Reply = accept(post)
    return reply
