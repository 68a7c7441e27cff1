"""Checks of PutMetricAlarm that moto lacks, and a check that the sandbox can evaluate the alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from emulator.cloudwatch.alarm_states import COMPARISONS, MISSING_DATA
from emulator.cloudwatch.metrics import KEPT
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SHORT_PERIODS = {10, 20, 30}
_NOT_EVALUATED = {
    "ActionConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ExtendedStatistic",
    "Metrics",
    "ThresholdMetricId",
}


def check_alarm(call: Call) -> None:
    """Check the metric, the periods and the treatment of missing data; raise ValidationError if one is wrong."""
    params = call.params
    unknown = _NOT_EVALUATED & params.keys()
    if "WallClockWindow" in params.get("EvaluationWindow", {}):
        unknown.add("WallClockWindow")
    if unknown:
        raise _invalid(f"the sandbox evaluates alarms on one metric with a statistic, not {', '.join(sorted(unknown))}")
    missing = {"MetricName", "Namespace", "Statistic", "Period", "Threshold"} - params.keys()
    if missing:
        raise _invalid(f"Required parameters are missing: {', '.join(sorted(missing))}")
    if params["ComparisonOperator"] not in COMPARISONS:
        raise _invalid(f"ComparisonOperator {params['ComparisonOperator']} is for anomaly detection only")
    period, periods = int(params["Period"]), int(params["EvaluationPeriods"])
    if period not in _SHORT_PERIODS and period % 60:
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60")
    most = KEPT if timedelta(seconds=period) >= _HOUR else _DAY
    if timedelta(seconds=period * periods) > most:
        raise _invalid(
            f"Metrics cannot be checked across more than {'a day' if most == _DAY else f'{most.days} days'} "
            f"(EvaluationPeriods * Period must be <= {int(most.total_seconds())})."
        )
    if int(params.get("DatapointsToAlarm", periods)) > periods:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    treated = params.get("TreatMissingData", "missing")
    if treated not in MISSING_DATA:
        raise _invalid(f"TreatMissingData {treated} is not one of {', '.join(MISSING_DATA)}")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
