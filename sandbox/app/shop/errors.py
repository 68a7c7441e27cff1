"""Expected failures of a command. Each is one line on stderr and an exit code, never a traceback."""


class JobError(Exception):
    """An expected failure, shown as one line; `exit_code` is the exit code of the process."""

    exit_code = 1


class SettingError(JobError):
    """An argument or environment variable with a wrong value."""

    exit_code = 2


class SourceError(JobError):
    """Exchange rates that are missing, unreachable or malformed."""

    exit_code = 3
