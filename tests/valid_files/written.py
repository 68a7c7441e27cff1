"""Writes a stack config as YAML, in one of the many ways in which people and tools write the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from settings import engine_scalars
from settings.engine_yaml import UNTAGGED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.valid_files.chance import Chance

PREFIX = "scheduled-jobs:"
_HEADS = ("", "", "", "# a comment\n", "---\n", "%YAML 1.1\n---\n", "\ufeff")
_TAILS = ("", "", "", "# the end\n", "...\n", "---\nconfig: {}\n")
_MERGED_SHARE = 0.15
_SHARED_SHARE = 0.5
_FLOW_SHARE = 0.3
_BARE_WORDS = ("off", "false", "False", "FALSE")
"""The ways to write "off" beside text in quotes."""


class _Merge(str):
    """The key `<<`."""

    __slots__ = ()


class _Off(str):
    """The word off as the value of a job."""

    __slots__ = ()


def off() -> str:
    """Return the value of a job that the stack does not run. It is text that can also be written otherwise."""
    return _Off("off")


def written(config: dict[str, Any], chance: Chance) -> str:
    """Return a stack file with the values of the project's keys, and with those of other namespaces."""
    shared: list[Any] = []
    pairs = list(config.items())
    body = {_key(key, chance): _arranged(value, shared, chance) for key, value in chance.some(pairs, len(pairs))}
    root: dict[str, Any] = {"config": _merged(body, shared, chance) if chance.says(_MERGED_SHARE) else body}
    if shared:
        root = {"x-common": shared, **root}
    text = yaml.dump(
        root,
        Dumper=_dumper(chance),
        sort_keys=False,
        allow_unicode=chance.says(),
        width=chance.one((20, 80, 100_000)),
        indent=chance.one((2, 4)),
    )
    return chance.one(_HEADS) + text + chance.one(_TAILS)


def _key(key: str, chance: Chance) -> str:
    """Return a key with its namespace, in one of the forms that the engine reads."""
    namespace, _, name = key.partition(":")
    return chance.one((key, key, key, f"{namespace}:config:{name}", name if namespace + ":" == PREFIX else key))


def _arranged(value: object, shared: list[Any], chance: Chance) -> object:
    """Return the value with some of its parts written once, and merged or repeated by aliases."""
    if isinstance(value, list):
        return _once([_arranged(item, shared, chance) for item in value], shared, chance)
    if not isinstance(value, dict):
        return value
    parts = {key: _arranged(part, shared, chance) for key, part in value.items()}
    if len(parts) > 1 and chance.says(_MERGED_SHARE):
        return _merged(parts, shared, chance)
    return parts if list(parts) == ["secure"] else _once(parts, shared, chance)


def _once(value: Any, shared: list[Any], chance: Chance) -> Any:  # noqa: ANN401 - YAML
    """Return an equal value that is already shared, if there is one; now and then share the value."""
    if value and value in shared and chance.says(_SHARED_SHARE):
        return shared[shared.index(value)]
    if value and chance.says(_MERGED_SHARE):
        shared.append(value)
    return value


def _merged(parts: dict[str, Any], shared: list[Any], chance: Chance) -> dict[str, Any]:
    """Return a mapping that merges some of its pairs; the other pairs may stand for wrong ones of the merged."""
    taken = set(chance.some(list(parts), 1))
    base = {key: part for key, part in parts.items() if key in taken}
    own = {key: part for key, part in parts.items() if key not in taken}
    if own and chance.says():
        base = {**base, next(iter(own)): "replaced by the mapping that merges this"}
    if chance.says():
        shared.append(base)
    merge: object = [base] if chance.says() else base
    pairs = [(_Merge("<<"), merge), *own.items()]
    return dict(chance.some(pairs, len(pairs)))


class _Dumper(yaml.SafeDumper):
    """Writes each value in a style of its own, and no tags."""

    chance: Chance

    def resolve(self, _kind: type[yaml.Node], _value: str, _implicit: object) -> str:
        """Return the tag of every node."""
        return UNTAGGED

    def text(self, value: str) -> yaml.Node:
        """Return a node for text; plain only where the engine does not read it as something else."""
        styles = ["'", '"'] if _needs_quotes(value) else ["", "'", '"']
        if value.strip() == value and "\n" in value:
            styles.append("|")
        return yaml.ScalarNode(UNTAGGED, str(value), style=self.chance.one(styles) or None)

    def number(self, value: int) -> yaml.Node:
        """Return a node for a whole number, which YAML can write in many forms."""
        forms = [*[str(value)] * 4, hex(value), oct(value), f"{value:_}", f"+{value}", f"{value}.0", f"0{value:o}"]
        return yaml.ScalarNode(UNTAGGED, self.chance.one(forms))

    def truth(self, value: bool) -> yaml.Node:  # noqa: FBT001 - as PyYAML calls it
        """Return a node for true or false."""
        return yaml.ScalarNode(UNTAGGED, self.chance.one((str(value), str(value).lower(), str(value).upper())))

    def off(self, value: str) -> yaml.Node:
        """Return a node for a job that is off."""
        return self.text(value) if self.chance.says() else yaml.ScalarNode(UNTAGGED, self.chance.one(_BARE_WORDS))

    def merge(self, value: str) -> yaml.Node:
        """Return a node for the key that merges."""
        return yaml.ScalarNode(UNTAGGED, str(value))

    def mapping(self, value: dict[str, Any]) -> yaml.Node:
        """Return a node for a mapping, in braces or in lines."""
        return self.represent_mapping(UNTAGGED, value, flow_style=self.chance.says(_FLOW_SHARE))

    def sequence(self, value: list[Any]) -> yaml.Node:
        """Return a node for a list, in brackets or in lines."""
        return self.represent_sequence(UNTAGGED, value, flow_style=self.chance.says())


_REPRESENT: dict[type, Callable[[Any, Any], yaml.Node]] = {
    str: _Dumper.text,
    int: _Dumper.number,
    bool: _Dumper.truth,
    _Off: _Dumper.off,
    _Merge: _Dumper.merge,
    dict: _Dumper.mapping,
    list: _Dumper.sequence,
}
for _kind, _represent in _REPRESENT.items():
    _Dumper.add_representer(_kind, _represent)


def _dumper(chance: Chance) -> type[_Dumper]:
    """Return the dumper that chooses by this row of choices."""
    return type("Dumper", (_Dumper,), {"chance": chance})


def _needs_quotes(text: str) -> bool:
    return not text or text == "<<" or engine_scalars.plain(text) != text
