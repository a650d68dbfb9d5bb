"""`make drill`: each trouble, its alarm, and after how many seconds it went off; then a healthy month."""

import argparse
import os
import sys

from tests.drill.drills import DRILLS, Outcome, play
from tests.drill.month import healthy
from tests.simulation.environment import ENVIRONMENT, PUBLISHED_RULES

_AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="drill")
    parser.add_argument(
        "--days", type=int, default=30, help="how long the shop is healthy at the end; 0 for not at all"
    )
    parser.add_argument("--orders", type=int, default=600, help="how many orders it has in that time")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT | PUBLISHED_RULES | _AWS | {"POWERTOOLS_SERVICE_NAME": "sitecore-kashflow"})
    print(f"{'trouble':62} {'alarm':28} {'seconds':>7}  others")
    wrong = sum(not told(play(drill)).is_right for drill in DRILLS)
    if options.days:
        health = healthy(options.days, options.orders)
        wrong += len(health.sent)
        print(f"{options.days} healthy days, {options.orders} orders: {len(health.sent)} alarms {health.sent or ''}")
    print(f"drills: {len(DRILLS)}, wrong: {wrong}")
    return 1 if wrong else 0


def told(outcome: Outcome) -> Outcome:
    """The drill as a row of the table."""
    seconds = "never" if outcome.seconds is None else f"{outcome.seconds:.0f}"
    others = ", ".join(sorted(outcome.others)) or "none"
    verdict = "" if outcome.is_right else f"   WRONG: {outcome.sent}"
    print(f"{outcome.drill.trouble:62} {outcome.drill.alarm:28} {seconds:>7}  {others}{verdict}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
