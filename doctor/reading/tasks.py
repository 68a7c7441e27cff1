"""Asks which tasks the jobs run. What cannot be read is left out: the topic of task definitions tells that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.account import Known
from doctor.tasks import UsedTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.launch import Launch
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[UsedTask]:
    """Return each revision once for all launches that give it the same roles."""
    return [task for task, _ in with_launches(account, stack)]


def with_launches(account: Account, stack: Stack) -> Sequence[tuple[UsedTask, Sequence[Launch]]]:
    """Return the tasks with the launches that run them."""
    launches: dict[tuple[str, str, str], list[Launch]] = {}
    for one in stack.launches:
        launches.setdefault((one.task_definition, one.task_role, one.execution_role), []).append(one)
    answers = account.each((name for name, _, _ in launches), account.task_definition)
    found = []
    for (name, task_role, execution_role), of_task in launches.items():
        answer = answers[name]
        if isinstance(answer, Known) and answer.value:
            task = UsedTask(
                definition=answer.value,
                task_role=task_role or answer.value.get("taskRoleArn") or "",
                execution_role=execution_role or answer.value.get("executionRoleArn") or "",
                jobs=[one.job for one in of_task],
            )
            found.append((task, of_task))
    return found
