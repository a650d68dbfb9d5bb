"""A queue of envelopes: batches in any order, received again until they are served, and its dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from tests.simulation.environment import BATCH, CONSUMERS, MOST_RECEIVES, RETENTION_SECONDS, VISIBILITY_SECONDS
from tests.simulation.functions import Functions
from tests.simulation.scheduler import Scheduler
from tests.simulation.walker import DONE, Outcome


@dataclass
class Message:
    """A message on the queue."""

    number: int
    body: str
    put_at: datetime
    receives: int = 0


@dataclass(frozen=True)
class EventSource:
    """How Lambda reads the queue for a function: at most `consumers` batches of at most `batch` messages at once."""

    batch: int = BATCH
    consumers: int = CONSUMERS
    folder: str = "process_order"


class OrderQueue:
    """SQS, and the event source of one function."""

    def __init__(
        self,
        scheduler: Scheduler,
        random: Random,
        functions: Functions,
        plan: Callable[[float, Callable[[], object]], None],
        source: EventSource,
    ) -> None:
        self.waiting: list[Message] = []
        self.dead_letters: list[Message] = []
        self.expired: list[Message] = []
        self._scheduler, self._random, self._functions, self._plan = scheduler, random, functions, plan
        self._source = source
        self._numbers, self._consuming = 0, 0

    @property
    def is_quiet(self) -> bool:
        return not self.waiting and not self._consuming

    def put(self, body: str, delay_seconds: int = 0) -> None:
        self._numbers += 1
        message = Message(self._numbers, body, self._scheduler.now)
        if delay_seconds:
            self._plan(delay_seconds, partial(self._arrive, message))
        else:
            self._arrive(message)

    def redrive(self) -> None:
        """Put the dead letters back on the queue."""
        again, self.dead_letters = self.dead_letters, []
        for message in again:
            self.put(message.body)

    def _arrive(self, message: Message) -> None:
        self.waiting.append(message)
        self._poll()

    def _poll(self) -> None:
        if self.waiting and self._consuming < self._source.consumers:
            self._consuming += 1
            self._scheduler.at(self._random.random() / 5, self._consume)

    def _consume(self) -> None:
        self._expire()
        self._random.shuffle(self.waiting)
        taken = [self.waiting.pop() for _ in range(min(self._source.batch, len(self.waiting)))]
        if not taken:
            self._consuming -= 1
            return
        records = [{"messageId": str(one.number), "body": one.body, "eventSource": "aws:sqs"} for one in taken]

        def done(outcome: Outcome) -> None:
            self._consuming -= 1
            failed = {str(one.number) for one in taken}
            if outcome[0] == DONE:
                failed = {row["itemIdentifier"] for row in outcome[1]["batchItemFailures"]}
            for message in taken:
                if str(message.number) in failed:
                    self._plan(VISIBILITY_SECONDS, partial(self._back, message))
            self._poll()

        self._functions.invoke(self._source.folder, {"Records": records}, done)
        self._poll()

    def _expire(self) -> None:
        """What has been on the queue for too long is gone, and nobody is told."""
        oldest = self._scheduler.now - timedelta(seconds=RETENTION_SECONDS)
        self.expired += [one for one in self.waiting if one.put_at < oldest]
        self.waiting = [one for one in self.waiting if one.put_at >= oldest]

    def _back(self, message: Message) -> None:
        message.receives += 1
        if message.receives >= MOST_RECEIVES:
            self.dead_letters.append(message)
        else:
            self.waiting.append(message)
            self._poll()
