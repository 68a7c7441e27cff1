"""The claims of ticks in Redis: a key with an expiry, and a counter for the tokens."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import names
from .claims import LEASE
from .clock import SYSTEM
from .ledger import Ledger
from .seconds import seconds

if TYPE_CHECKING:
    from .runs import Run, Verdict

FINISHED = 24 * 3600
"""Seconds for which a finished tick stays finished."""

# A claim is `<token>:<holder>` while the holder has the tick, and `ended` afterwards. The first token is the time, so
# tokens grow also when Redis has lost its data.
CLAIM = """
local held = redis.call('GET', KEYS[1])
if held then
  local token, holder = string.match(held, '^(%d+):(.*)$')
  return holder == ARGV[1] and tonumber(token) or 0
end
redis.call('SET', KEYS[2], ARGV[3], 'NX')
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token .. ':' .. ARGV[1], 'NX', 'PX', ARGV[2])
return token
"""
EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
# A key that has expired is nobody's: what its holder has done must not be done again.
END = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'ended', 'PX', ARGV[2])
return 1
"""


class RedisStore:
    """Claims in Redis. Reports still go to the group's watch in AWS."""

    def __init__(self, client: Any, group: str | None = None, *, lease: float = LEASE) -> None:  # noqa: ANN401 - any client with `eval`
        """Use a client of Redis, such as `redis.Redis`; without a group, that of SCHEDULED_JOBS_GROUP.

        `lease` are the seconds after which another process may take a tick whose process says nothing; at least 1.
        """
        waits = not inspect.iscoroutinefunction(getattr(client, "execute_command", None))
        if not waits or not callable(getattr(client, "eval", None)):
            raise TypeError(f"client: {type(client)}; must be a client of Redis that waits, such as redis.Redis(...)")
        self.lease = seconds("lease", lease, least=1)
        self.ledger = Ledger(names.given(group, names.GROUP))
        self._client = client

    def claim(self, run: Run, holder: str) -> int | None:
        """Claim a tick that nobody has, or whose key has expired."""
        now = int(SYSTEM.now())
        return int(self._call(CLAIM, [self._key(run), self._counter(run)], holder, self.lease, now)) or None

    def extend(self, run: Run, holder: str) -> bool:
        """Extend the expiry of the key."""
        return bool(self._call(EXTEND, [self._key(run)], f"{run.token}:{holder}", self.lease))

    def end(self, run: Run, holder: str, verdict: Verdict) -> bool:  # noqa: ARG002 - the ledger has the verdict
        """Finish the tick for a day."""
        return bool(self._call(END, [self._key(run)], f"{run.token}:{holder}", FINISHED))

    def _call(self, script: str, keys: list[str], value: str, seconds: float, *more: int) -> Any:  # noqa: ANN401 - a script's answer
        return self._client.eval(script, len(keys), *keys, value, int(seconds * 1000), *more)

    def _key(self, run: Run) -> str:
        return f"{self._place(run)}:{run.id}"

    def _counter(self, run: Run) -> str:
        return f"{self._place(run)}:token"

    def _place(self, run: Run) -> str:
        """Return the beginning of a job's keys. What is in braces decides on the slot, so a cluster has both in one."""
        return f"scheduled-jobs:{{{self.ledger.group}/{run.job}}}"
