"""Asks about the group's topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.checks.topics import ALARMS, RULES, Topic
from doctor.reading.alert_path import AlertPath
from watch import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[Topic]:
    """Return the topics. A topic of the user's own gets the alarms too."""
    path = AlertPath(account, stack)
    alerts, problems = path.topics
    answers = account.each(
        path.topics, lambda arn: account.ask("sns", "get_topic_attributes", absent=("NotFound",), TopicArn=arn)
    )
    alarm = path.arn("cloudwatch", f"alarm:{names.alarm_name(stack.group, 'watch-blind')}")
    rule = path.arn("events", f"rule/{names.alarms_name(stack.group)}")
    of_alarms = {ALARMS: [alarm]}
    return [
        Topic(arn=alerts, carries="alerts", sources=of_alarms if path.has_own_topic else {}, answer=answers[alerts]),
        Topic(
            arn=problems,
            carries="the alarms on the watch",
            sources={**of_alarms, RULES: [rule]},
            answer=answers[problems],
        ),
    ]
