"""Sends messages. Each message's alert is composed from its tick, and then published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watch import enrichment, metrics, publishing
from watch.alert import Setting, compose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aws_facts.arn import Arn
    from watch.facts import Facts
    from watch.ledger import Ledger, TickKey
    from watch.records import Message, Tick
    from watch.watched_account import WatchedAccount


@dataclass(frozen=True)
class Sender:
    """Sends the messages of one stack to its alert topic."""

    facts: Facts
    account: WatchedAccount
    ledger: Ledger
    topic: str
    """The topic's ARN."""
    where: Arn
    clock: Callable[[], datetime]

    def send(self, job: str, message: Message, ticks: Mapping[TickKey, Tick]) -> None:
        """Publish a message about a job; raises when AWS does not accept it.

        `ticks` are the ticks that were just saved. A tick that is not among them is read from the ledger.
        """
        key = message.schedule, message.tick
        tick = ticks.get(key) or (self.ledger.tick(key) if message.tick else None)
        run = tick.run(message.run) if tick else None
        found = enrichment.look_up(self.account, self.where.partition, self.facts, message.schedule, run)
        now = self.clock()
        publishing.publish(
            self.account.sns, self.topic, compose(message, job, tick, found, Setting(self.facts, self.where, now))
        )
        metrics.emit(now, {"Group": self.facts.group, "Class": message.class_}, {"Alerts": 1}, also=["Group"])
