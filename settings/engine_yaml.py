"""Parses YAML as the engine does, whose reader is Go's yaml.v3.

PyYAML and yaml.v3 come from the same parser, but differ in tabs, escapes, anchors, versions and further documents. A
corpus in `tests/` holds both to the same values.
"""

# ruff: noqa: ANN401 - the classes of PyYAML have no types

from __future__ import annotations

from typing import Any, ClassVar

import yaml
from yaml.events import AliasEvent
from yaml.parser import ParserError
from yaml.scanner import ScannerError

UNTAGGED = "untagged"
"""The tag of a node that has none in the file."""

_BREAKS = "\r\n\x85\u2028\u2029"
_SURROGATES = range(0xD800, 0xE000)
_TAB = "found character '\\t' that cannot start any token"
_VERSION = "the version must be 1.1, so remove the line that begins with %YAML"
_QUOTE = 'quote text that has stars, spaces or colons, such as "0 2 * * ? *"'


class UnreadableError(Exception):
    """The engine cannot read the file. The error has the line and the reason."""

    def __init__(self, line: int, message: str) -> None:
        """Store the line, which counts from 1."""
        self.line = line
        super().__init__(message)


def compose(content: bytes) -> yaml.Node | None:
    """Return the nodes of the first document; None when there is none. Raises `UnreadableError`."""
    found = _composed(content, most=1)
    return found[0] if found else None


def compose_all(content: bytes) -> list[yaml.Node]:
    """Return the nodes of every document. Raises `UnreadableError`."""
    return _composed(content, most=None)


def _composed(content: bytes, *, most: int | None) -> list[yaml.Node]:
    found: list[yaml.Node] = []
    try:
        loader = _Loader(content)
        while len(found) != most and loader.check_node():
            node = loader.get_node()
            assert node is not None  # noqa: S101 - there is one
            found.append(node)
    except yaml.reader.ReaderError as error:
        line = content.count(b"\n", 0, error.position) + 1
        raise UnreadableError(line, f"this is not YAML: {error.reason} (#x{_code(error):x})") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(mark.line + 1 if mark else 1, f"this is not YAML: {_reason(error)}") from None
    except RecursionError:
        raise UnreadableError(1, "this is not YAML: it is nested too deeply") from None
    return found


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(error.character)


def _reason(error: yaml.MarkedYAMLError) -> str:
    if error.problem == _VERSION:
        return _VERSION
    if error.problem == _TAB:
        return "a tab cannot indent a line; use spaces"
    return f"{error.problem}; {_QUOTE}"


class _Loader(yaml.BaseLoader):
    """PyYAML's loader with the rules of yaml.v3."""

    ESCAPE_REPLACEMENTS: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        key: value for key, value in yaml.BaseLoader.ESCAPE_REPLACEMENTS.items() if key != "/"
    }

    def scan_to_next_token(self) -> None:
        """Take tabs as spaces, except where they indent a line."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:
        """Keep tabs within plain text, and drop them at the ends of its lines."""
        blanks = self._blanks()
        if "\t" in blanks:
            self.forward(len(blanks))
            if self.peek() not in _BREAKS:
                return [blanks]
        chunks = super().scan_plain_spaces(indent, start_mark)
        if chunks and self.peek() == "\t" and self.column >= indent:
            self.forward(len(self._blanks()))
        return chunks

    def _blanks(self) -> str:
        length = 0
        while self.peek(length) in " \t":
            length += 1
        return str(self.prefix(length))

    def scan_flow_scalar_non_spaces(self, double: Any, start_mark: Any) -> Any:
        """Refuse escapes for what is no character."""
        try:
            chunks = super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = None
        if chunks is None or any(ord(one) in _SURROGATES for chunk in chunks for one in chunk):
            problem = "found invalid Unicode character escape code"
            raise ScannerError("while scanning a quoted scalar", start_mark, problem, self.get_mark())
        return chunks

    def process_directives(self) -> Any:
        """Refuse other versions than 1.1."""
        found = super().process_directives()  # type: ignore[no-untyped-call]
        if self.yaml_version not in {None, (1, 1)}:
            raise ParserError(None, None, _VERSION, self.get_mark())
        return found

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Let a later anchor take the name of an earlier one."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:  # noqa: ARG002 - PyYAML's signature
        """Leave tags as they are in the file."""
        return UNTAGGED
