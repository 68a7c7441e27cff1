"""The failures that a command expects: one line on stderr and an exit code, never a traceback."""


class JobError(Exception):
    """An expected failure, shown as one line; `exit_code` is what the process ends with."""

    exit_code = 1


class SettingError(JobError):
    """An argument or environment variable that is not accepted."""

    exit_code = 2


class SourceError(JobError):
    """Exchange rates that are missing, unreachable or malformed."""

    exit_code = 3
