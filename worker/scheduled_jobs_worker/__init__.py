"""Runs scheduled jobs in the containers of a running service, each run in exactly one of them.

`Worker` takes the jobs that a queue brings. `once` is for a service that has a cron of its own.
"""

from .dynamodb_store import DynamoDbStore
from .instants import this_minute
from .once import HeldRun, once
from .redis_store import RedisStore
from .runs import Run
from .worker import Worker

__all__ = ["DynamoDbStore", "HeldRun", "RedisStore", "Run", "Worker", "once", "this_minute"]
