"""The evaluator of alarms is held to AWS's documented rules, its tables of examples among them.

In the tables, oldest first: `X` breaches, `0` does not, `-` is missing. `=` means that the state stays as it is.
"""

import pytest

from tests.drill.cloudwatch import CloudWatch, CompositeAlarm, MetricAlarm, State, judged

OK, ALARM, INSUFFICIENT_DATA = State
POINTS = {"X": True, "0": False, "-": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")

THREE_OF_THREE = """
0-X-X OK    OK OK    OK
----0 OK    OK OK    OK
----- NONE  =  ALARM OK
0XX-X ALARM ALARM ALARM ALARM
--X-- ALARM =  ALARM OK
"""
TWO_OF_THREE = """
0-X-X ALARM ALARM ALARM ALARM
00X0X ALARM ALARM ALARM ALARM
0-X-- OK    OK ALARM OK
----0 OK    OK ALARM OK
---X- ALARM =  ALARM OK
"""
NOT_YET = """
----X =     =  ALARM OK
---X- =     =  ALARM OK
"""
"""Three of three: a first point that breaches is not enough while later ones may come."""


def rows(m: int, table: str) -> list[tuple[int, str, str, str]]:
    return [
        (m, points, missing, state)
        for points, *states in map(str.split, table.strip().splitlines())
        for missing, state in zip(TREATMENTS, states, strict=True)
    ]


@pytest.mark.parametrize(
    ("m", "points", "missing", "state"), rows(3, THREE_OF_THREE) + rows(2, TWO_OF_THREE) + rows(3, NOT_YET)
)
@pytest.mark.parametrize("before", [OK, ALARM])
def test_state_by_the_points_of_the_range_is_as_in_the_tables(
    m: int, points: str, missing: str, state: str, before: State
) -> None:
    expected = {"=": before, "NONE": INSUFFICIENT_DATA}.get(state) or State(state)
    assert judged([POINTS[point] for point in points], m, 3, missing, before) is expected


NAME = ("Ours", "Counted", frozenset({("service", "one")}))


def an_alarm(**differs: object) -> MetricAlarm:
    """At least five within a quarter of an hour."""
    properties = {
        "Namespace": "Ours",
        "MetricName": "Counted",
        "Dimensions": [{"Name": "service", "Value": "one"}],
        "Statistic": "Sum",
        "Period": 900,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    return MetricAlarm.of(properties | differs, str)


def watched(alarm: MetricAlarm, points: list[tuple[float, float]], minutes: int) -> list[tuple[int, State]]:
    """The changes of an alarm, by the minute; `points` are moments and values."""
    cloudwatch, told = CloudWatch({"it": alarm}), list[tuple[int, State]]()
    for minute in range(1, minutes + 1):
        for moment, value in points:
            if minute - 1 <= moment / 60 < minute:
                cloudwatch.metrics.put(NAME, value, moment)
        told += [(minute, change.new) for change in cloudwatch.evaluate(minute * 60)]
    return told


@pytest.mark.parametrize("began", [0, 450, 890, 895])
def test_window_slides_so_that_points_on_both_sides_of_a_quarter_of_an_hour_count_together(began: int) -> None:
    points = [(began + 4.0 * number, 1.0) for number in range(5)]
    fired = next(minute * 60 for minute, state in watched(an_alarm(), points, 60) if state is ALARM)
    assert 0 < fired - points[-1][0] <= 60


def test_points_that_are_further_apart_than_a_period_do_not_count_together() -> None:
    assert watched(an_alarm(), [(400.0 * number, 1.0) for number in range(20)], 120) == [(1, OK)]


def test_points_under_other_dimensions_do_not_count() -> None:
    cloudwatch = CloudWatch({"it": an_alarm(Threshold=1)})
    cloudwatch.metrics.put(("Ours", "Counted", frozenset({("service", "another")})), 1, 10)
    cloudwatch.evaluate(60)
    assert cloudwatch.states == {"it": OK}


@pytest.mark.parametrize(
    ("statistic", "threshold", "state"),
    [
        ("Sum", 9, ALARM),
        ("Maximum", 6, ALARM),
        ("Maximum", 7, OK),
        ("Minimum", 2, OK),
        ("SampleCount", 3, ALARM),
        ("Average", 3, ALARM),
        ("Average", 4, OK),
    ],
)
def test_statistic_is_that_of_all_values_within_the_period(statistic: str, threshold: int, state: State) -> None:
    alarm = an_alarm(Statistic=statistic, Threshold=threshold)
    assert watched(alarm, [(1, 1.0), (30, 2.0), (59, 6.0)], 1) == [(1, state)]


def test_missing_points_that_breach_ring_only_when_the_whole_range_is_empty() -> None:
    silent = an_alarm(
        Period=60,
        EvaluationPeriods=5,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    assert watched(silent, [(600.0, 1.0)], 30) == [(1, ALARM), (11, OK), (18, ALARM)]


def test_ignored_gaps_leave_the_alarm_as_it_is_until_the_next_value() -> None:
    alarm = an_alarm(Period=60, Statistic="Maximum", Threshold=1, TreatMissingData="ignore")
    assert watched(alarm, [(30, 1.0), (6000, 1.0), (9000, 0.0)], 200) == [(1, ALARM), (151, OK)]


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ('ALARM("a") OR ALARM("b")', ALARM),
        ('ALARM("a") AND NOT ALARM("b")', ALARM),
        ('(ALARM("a") OR ALARM("b")) AND NOT (ALARM("b") OR OK("b"))', OK),
        ('NOT ALARM("a")', OK),
        ('INSUFFICIENT_DATA("c")', ALARM),
    ],
)
def test_composite_follows_its_rule(rule: str, state: State) -> None:
    assert CompositeAlarm(rule).state({"a": ALARM, "b": OK, "c": INSUFFICIENT_DATA}) is state


def test_composite_with_a_function_that_is_not_known_here_is_refused() -> None:
    with pytest.raises(ValueError, match="AT_LEAST"):
        CompositeAlarm('AT_LEAST(2, ALARM, (ALARM("a"), ALARM("b")))').state({"a": OK, "b": OK})


def test_metrics_in_a_log_line_are_read_with_their_dimensions_and_all_their_values() -> None:
    cloudwatch = CloudWatch({})
    line = {
        "_aws": {
            "CloudWatchMetrics": [
                {"Namespace": "Ours", "Dimensions": [["service"]], "Metrics": [{"Name": "Counted", "Unit": "Count"}]}
            ]
        },
        "service": "one",
        "Counted": [1.0, 2.0],
    }
    cloudwatch.put_emf(line, 30)
    assert cloudwatch.metrics.between(NAME, 0, 60) == [1.0, 2.0]
