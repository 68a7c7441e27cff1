"""Prints a script that defines the command `ops` for a shell, and completes it."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from ops.options import completed
from ops.stack import CHECKOUT
from settings import accepted

ABOUT = """
The script defines `ops`, which works in every folder and is `python -m ops` of this checkout. The Tab key then
completes commands, options, stacks, states and outcomes.

bash and zsh: eval "$(python -m ops completion bash)" in ~/.bashrc, or the same with zsh in ~/.zshrc after compinit
fish:         python -m ops completion fish | source

exit codes: 0 printed; 2 wrong arguments

example: python -m ops completion bash
"""
_BASH = """\
ops() { PYTHONPATH=%(checkout)s %(python)s -P -m ops "$@"; }
_ops_completion() {
    local IFS=$'\\n'
    COMPREPLY=( $(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _OPS_COMPLETE=complete_bash ops) )
}
complete -o default -F _ops_completion ops
"""
_ZSH = """\
ops() { PYTHONPATH=%(checkout)s %(python)s -P -m ops "$@"; }
_ops_completion() {
    eval "$(_TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _OPS_COMPLETE=complete_zsh ops)"
}
compdef _ops_completion ops
"""
_FISH = """\
function ops
    PYTHONPATH=%(checkout)s %(python)s -P -m ops $argv
end
function _ops_completion
    _OPS_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=(commandline -cp) ops
end
complete --command ops --no-files --arguments "(_ops_completion)"
"""
_SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The scripts. The variables are typer's, which answers with the completions instead of running a command."""


def _known(shell: str) -> str:
    if shell not in _SHELLS:
        raise typer.BadParameter(f"'{shell}'{accepted(shell, _SHELLS)}")
    return shell


def command(
    shell: Annotated[
        str,
        typer.Argument(metavar="SHELL", help=", ".join(_SHELLS), callback=_known, autocompletion=completed(_SHELLS)),
    ],
) -> int:
    """Print the script and return the exit code."""
    names = {"checkout": shlex.quote(str(CHECKOUT)), "python": shlex.quote(sys.executable)}
    sys.stdout.write(_SHELLS[shell] % names)
    return 0
