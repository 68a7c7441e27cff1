"""The ledger in DynamoDB: one table, in which each record is an item with a version. A write checks the version.

Keys: `jobs`/<job> is a job's record, `schedule#<schedule>`/<tick> is a tick, `task#<id>`/`origin` is the tick that a
task is for, and `locks`/<name> is a lock of supervised jobs. Records that change together are written in one
transaction. `deployed`/<job> is a job's item, which only deployments write. `stops`/<id> is the announced stop of a
task, which only operators write.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from supervision.locks import Lock
from watch import instants, job_items, untrusted
from watch.records import JobRecord, RecordError, Tick, foreign
from watch.stops import AnnouncedStop
from watch.table import BODY, CLAIMS, CLUSTERS, DEPLOYED, EXPIRES, KEY, LOOKED, SORT, STOPS, SUPERVISES
from watch.task import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from watch.facts import JobFacts

    Unreadable = Callable[[str, RecordError], None]

T = TypeVar("T")

MOST_TICKS = 50
"""Ticks of one change. A transaction has at most 100 items (DynamoDB API reference, TransactWriteItems)."""

_READ_AT_ONCE = 100
"""Items in one call (DynamoDB API reference, BatchGetItem)."""
_JOBS = "jobs"
_LOCKS = "locks"
_SCHEDULE = "schedule#"
_ORIGIN = "origin"
_SINCE = ("watch", "since")
_ORIGIN_DAYS = 2
"""Days for which the tick of a task is remembered. ECS's events come within hours."""
_STOP_DAYS = 2
"""Days for which an announced stop is kept."""
_REMEMBERED = 2000
"""Records. Larger stacks are read too, but more slowly."""
_LAST = "9999"
"""Sorts after every tick."""
_LATE = frozenset({"ConditionalCheckFailed", "TransactionConflict", "None"})

TickKey = tuple[str, str]
"""Schedule and tick."""


def refuse(_name: str, error: RecordError) -> NoReturn:
    """Raise the error of an unreadable record, for readers that cannot do without it."""
    raise error


class Ledger:
    """The records of one stack."""

    def __init__(self, client: DynamoDBClient, table: str, retention_days: int) -> None:
        """Use this table, and keep ticks for `retention_days`."""
        self._client = client
        self._table = table
        self._retention = timedelta(days=retention_days)
        self._since: datetime | None = None

    def load(
        self, job: str, ticks: Sequence[TickKey] = (), locks: Sequence[str] = ()
    ) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Return a job's record with some locks, and some ticks, as they are now. What does not exist yet is empty.

        The ticks in flight, and the locks that they need, are read too.
        """
        items = self._items([(_JOBS, job), *map(_tick_key, ticks), *((_LOCKS, name) for name in locks)])
        found = items.get((_JOBS, job))
        record = _job_record(found) if found else JobRecord(job)
        ticks = [*ticks, *(key for key in dict.fromkeys(one.key for one in record.traffic.flights) if key not in ticks)]
        locks = sorted({*locks, *(one.lock for one in record.traffic.flights if one.lock)})
        more = {*map(_tick_key, ticks), *((_LOCKS, name) for name in locks)} - items.keys()
        items |= self._items(sorted(more)) if record.traffic.flights and more else {}
        record.traffic.locks = {name: _lock(name, items.get((_LOCKS, name))) for name in locks}
        read = {key: items.get(_tick_key(key)) for key in ticks}
        return record, {key: Tick.from_plain(*_opened(item)) if item else Tick(job, *key) for key, item in read.items()}

    def _items(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
        found = self._get([_key(*key) for key in keys])
        return {(item[KEY]["S"], item[SORT]["S"]): item for item in found}

    def tick(self, key: TickKey) -> Tick | None:
        """Return a tick; None when the ledger does not have it."""
        [*items] = self._get([_key(*_tick_key(key))])
        return Tick.from_plain(*_opened(items[0])) if items else None

    def jobs(self, unreadable: Unreadable) -> dict[str, JobRecord]:
        """Return every job's record. Call `unreadable` with the name and the error of each unreadable record.

        Nobody may change these records, because a later call returns them again if the table still has the same ones.
        """
        return _read_each(self._query(_JOBS), _shared_record, unreadable)

    def deployed_job(self, job: str, unreadable: Unreadable) -> JobFacts | None:
        """Return the facts of a deployed job; None when the ledger has no item of this job, or an unreadable one."""
        return _read_each(self._get([_key(DEPLOYED, job)]), job_items.read, unreadable).get(job)

    def deployed_job_and_origin(
        self, job: str, task_id: str, unreadable: Unreadable
    ) -> tuple[JobFacts | None, Origin | None]:
        """Return what `deployed_job` and `origin` return, from one request."""
        items = {item[KEY]["S"]: item for item in self._get([_key(DEPLOYED, job), _origin_key(task_id)])}
        deployed = [items[DEPLOYED]] if DEPLOYED in items else []
        return _read_each(deployed, job_items.read, unreadable).get(job), _origin(items.get(_task(task_id)))

    def deployed_jobs(self, unreadable: Unreadable) -> dict[str, JobFacts]:
        """Return the facts of every deployed job. Call `unreadable` with the name and error of an unreadable item."""
        return _read_each(self._query(DEPLOYED), job_items.read, unreadable)

    def ticks(
        self, schedule: str, since: str = "", unreadable: Unreadable = refuse, *, until: str = _LAST
    ) -> list[Tick]:
        """Return the ticks of a schedule from `since` on, and then until `until`, both inclusive, the oldest first.

        Call `unreadable` with the schedule and the error of each unreadable tick.
        """
        return list(_read_ticks(self._query(f"{_SCHEDULE}{schedule}", since, until), unreadable))

    def newest_ticks(self, schedule: str, count: int, unreadable: Unreadable = refuse) -> list[Tick]:
        """Return the newest ticks of a schedule, at most `count`, the newest first. For `unreadable` see `ticks`."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression=f"{KEY} = :key",
            ExpressionAttributeValues={":key": {"S": f"{_SCHEDULE}{schedule}"}},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=count,
        )
        return list(_read_ticks(found["Items"], unreadable))

    def some_ticks(self, keys: Sequence[TickKey], unreadable: Unreadable) -> dict[TickKey, Tick]:
        """Return those of these ticks that the ledger has. Call `unreadable` with the schedule of an unreadable one."""
        items = self._get([_key(*_tick_key(key)) for key in keys])
        return {tick.key: tick for tick in _read_ticks(items, unreadable)}

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime, locks: Sequence[Lock] = ()) -> bool:
        """Write records that changed together if their versions are still those that were read; False otherwise."""
        items = [
            _put(self._table, (_JOBS, record.job), record.to_plain(), record.version),
            *(self._put_tick(tick, now) for tick in ticks),
            *(_put(self._table, (_LOCKS, lock.name), lock.to_plain(), lock.version) for lock in locks),
        ]
        try:
            if len(items) == 1:
                self._client.put_item(**items[0])
            else:
                puts: Any = [{"Put": item} for item in items]
                self._client.transact_write_items(TransactItems=puts)
        except (
            self._client.exceptions.ConditionalCheckFailedException,
            self._client.exceptions.TransactionConflictException,
        ):
            return False
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
            if not reasons <= _LATE:
                raise
            return False
        return True

    def origin(self, task_id: str) -> Origin | None:
        """Return the tick that a task is for; None when it was not settled yet."""
        return _origin(next(self._get([_origin_key(task_id)]), None))

    def settle_origin(self, task_id: str, origin: Origin, now: datetime) -> Origin:
        """Return the tick that a task is for. The first call for a task settles the tick for good."""
        expires = now + timedelta(days=_ORIGIN_DAYS)
        item = _put(self._table, (_task(task_id), _ORIGIN), vars(origin), 0, expires)
        try:
            self._client.put_item(**item)
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.origin(task_id) or origin
        return origin

    def announced_stop(self, task_id: str) -> AnnouncedStop | None:
        """Return the announced stop of a task; None for none. RecordError for an item that no operator wrote."""
        found = self._stop(task_id)
        return found[0] if found else None

    def announce_stop(self, task_id: str, stop: AnnouncedStop, now: datetime) -> int:
        """Write that an operator stops a task, and return the version by which it can be withdrawn.

        An announcement that somebody else has just written stays; the version is then 0.
        """
        if self._put_stop(task_id, stop, 0, now):
            return 1
        known = self._stop(task_id)
        version = known[1] if known else 0
        if (known and known[0].stands(now)) or not self._put_stop(task_id, stop, version, now):
            return 0
        return version + 1

    def withdraw_stop(self, task_id: str, stop: AnnouncedStop, version: int, now: datetime) -> None:
        """Write that a task was not stopped, unless somebody else has announced a stop meanwhile."""
        if version:
            self._put_stop(task_id, stop.withdraw(), version, now)

    def _put_stop(self, task_id: str, stop: AnnouncedStop, version: int, now: datetime) -> bool:
        expires = now + timedelta(days=_STOP_DAYS)
        try:
            self._client.put_item(**_put(self._table, (STOPS, task_id), stop.to_plain(), version, expires))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _stop(self, task_id: str) -> tuple[AnnouncedStop, int] | None:
        item = next(self._get([_key(STOPS, task_id)]), None)
        if item is None:
            return None
        with foreign():
            body, version = _opened(item)
            return AnnouncedStop.from_plain(body), version

    def since(self, now: datetime) -> datetime:
        """Return the time of the watch's first check. Ticks that were due before it are not judged."""
        if self._since is None:
            self._since = self._settled_since(now)
        return self._since

    def last_check(self) -> datetime | None:
        """Return the time of the last check that saw the schedules; None before the first one."""
        return self._moment(LOOKED)

    def note_check(
        self, now: datetime, *, supervises: bool, claims: bool = False, clusters: Sequence[str] = ()
    ) -> None:
        """Record the time of a check that saw the schedules, and whether the stack needs its supervisor, and claims.

        Checks that overlap may overwrite each other.
        """
        body = {
            LOOKED[1]: instants.text(now),
            SUPERVISES: supervises,
            CLUSTERS: [*clusters],
            **({CLAIMS: True} if claims else {}),
        }
        put = _put(self._table, LOOKED, body, 0)
        self._client.put_item(TableName=self._table, Item=put["Item"])

    def _settled_since(self, now: datetime) -> datetime:
        known = self._moment(_SINCE)
        if known is not None:
            return known
        try:
            self._client.put_item(**_put(self._table, _SINCE, {_SINCE[1]: instants.text(now)}, 0))
        except self._client.exceptions.ConditionalCheckFailedException:
            return self._settled_since(now)
        return now

    def _moment(self, key: tuple[str, str]) -> datetime | None:
        """Return a time of the watch itself, or None. The item's sort key is also the name of the time in its body."""
        items = list(self._get([_key(*key)]))
        return instants.read(json.loads(items[0][BODY]["S"])[key[1]]) if items else None

    def _put_tick(self, tick: Tick, now: datetime) -> dict[str, Any]:
        put = _put(self._table, _tick_key(tick.key), tick.to_plain(), tick.version, now + self._retention)
        put["Item"]["outcome"] = {"S": tick.outcome}  # for people who read the table
        return put

    def _get(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for first in range(0, len(keys), _READ_AT_ONCE):
            some = list(keys[first : first + _READ_AT_ONCE])
            wanted: Any = {self._table: {"Keys": some, "ConsistentRead": True}}
            while wanted:
                answer = self._client.batch_get_item(RequestItems=wanted)
                yield from answer["Responses"].get(self._table, [])
                wanted = answer.get("UnprocessedKeys")

    def _query(self, key: str, since: str = "", until: str = _LAST) -> Iterator[Mapping[str, Any]]:
        values = {":key": {"S": key}, **({":since": {"S": since}, ":until": {"S": until}} if since else {})}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"{KEY} = :key" + (f" AND {SORT} BETWEEN :since AND :until" if since else ""),
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]


def _read_each(
    items: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], T], unreadable: Unreadable
) -> dict[str, T]:
    """Return items by their sort keys, without those that are unreadable."""
    found = {}
    for item in items:
        name = item[SORT]["S"]
        try:
            found[name] = read(item)
        except RecordError as error:
            unreadable(name, error)
    return found


def _read_ticks(items: Iterable[Mapping[str, Any]], unreadable: Unreadable) -> Iterator[Tick]:
    """Yield the readable ticks."""
    for item in items:
        try:
            yield _tick(item)
        except RecordError as error:
            unreadable(item[KEY]["S"].removeprefix(_SCHEDULE), error)


def _tick(item: Mapping[str, Any]) -> Tick:
    tick = Tick.from_plain(*_opened(item))
    if _tick_key(tick.key) != (item[KEY]["S"], item[SORT]["S"]):
        raise RecordError(f"the item has the tick {untrusted.quoted('/'.join(tick.key))}")
    return tick


def _key(key: str, sort: str) -> dict[str, Any]:
    return {KEY: {"S": key}, SORT: {"S": sort}}


def _tick_key(key: TickKey) -> tuple[str, str]:
    return f"{_SCHEDULE}{key[0]}", key[1]


def _task(task_id: str) -> str:
    return f"task#{task_id}"


def _origin_key(task_id: str) -> dict[str, Any]:
    return _key(_task(task_id), _ORIGIN)


def _origin(item: Mapping[str, Any] | None) -> Origin | None:
    """Return the tick in an item; RecordError for an item that the watch did not write."""
    if item is None:
        return None
    with foreign():
        return Origin(**json.loads(item[BODY]["S"]))


def _opened(item: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the body and the version of an item; RecordError for an item that the watch did not write."""
    with foreign():
        body: dict[str, Any] = json.loads(item[BODY]["S"])
        return body, int(item["version"]["N"])


def _job_record(item: Mapping[str, Any]) -> JobRecord:
    record = JobRecord.from_plain(*_opened(item))
    if record.job != item[SORT]["S"]:
        raise RecordError(f"the item has the record of {untrusted.quoted(record.job)}")
    return record


def _shared_record(item: Mapping[str, Any]) -> JobRecord:
    with foreign():
        found = item[SORT]["S"], item[BODY]["S"], item["version"]["N"]
    return _remembered_record(*found)


@lru_cache(maxsize=_REMEMBERED)
def _remembered_record(job: str, body: str, version: str) -> JobRecord:
    """Return the record in an item. It is remembered, because each check reads the records of all jobs."""
    return _job_record({SORT: {"S": job}, BODY: {"S": body}, "version": {"N": version}})


def _lock(name: str, item: Mapping[str, Any] | None) -> Lock:
    if item is None:
        return Lock(name)
    with foreign():
        body, version = _opened(item)
        return Lock.from_plain(body, version)


def _put(
    table: str, key: tuple[str, str], body: Mapping[str, Any], version: int, expires: datetime | None = None
) -> dict[str, Any]:
    """Return a Put of the next version, which fails when the table has another version than `version`."""
    item = {**_key(*key), BODY: {"S": json.dumps(body, sort_keys=True)}, "version": {"N": str(version + 1)}}
    if expires is not None:
        item[EXPIRES] = {"N": str(int(expires.timestamp()))}
    put: dict[str, Any] = {"TableName": table, "Item": item}
    if version:
        return put | {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
    return put | {"ConditionExpression": f"attribute_not_exists({KEY})"}
