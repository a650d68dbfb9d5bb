"""The till posts an event: it is kept, and becomes an envelope on the queue of its kind."""

from sitecore_kashflow.runtime.doors.webhook import webhook
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.accept_event import Post, Reply, accept_event
from tests.second_shop.events import HEADER
from tests.second_shop.providers import front_door

accept = injected(accept_event, front_door=front_door)


@webhook(HEADER)
def lambda_handler(post: Post) -> Reply:
    reply: Reply = accept(post)
    return reply
