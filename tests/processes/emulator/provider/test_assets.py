"""Archives of programs become zip files, and are compared by their content."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from emulator.provider.core.assets import ARCHIVE, ASSET, is_archive, mistake, same_content, unreadable, zip_bytes
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.properties import SIGNATURE, UNKNOWN, decode, encode
from tests.processes.emulator.provider.case import a_function, an_archive
from tests.processes.emulator.provider.harness import Deployed, Difference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.processes.emulator.provider.harness import Engine, Values

TREE = {"main.py": "import lib", "lib/__init__.py": "", "lib/facts.json": "{}"}
FUNCTION = "aws:lambda/function:Function"


def text(content: str) -> Values:
    """Return a StringAsset; the engine leaves an empty text out."""
    return {SIGNATURE: ASSET, **({"text": content} if content else {})}


def file(path: Path) -> Values:
    """Return a FileAsset."""
    return {SIGNATURE: ASSET, "path": str(path)}


def tree(assets: Values) -> Values:
    """Return an AssetArchive."""
    return {SIGNATURE: ARCHIVE, "assets": assets}


def folder(path: Path) -> Values:
    """Return a FileArchive."""
    return {SIGNATURE: ARCHIVE, "path": str(path)}


def lay_out(root: Path) -> Path:
    """Write the tree into a folder."""
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def pack(source: Path, target: Path) -> Path:
    """Write the tree into a zip file with the current time."""
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(source / "lib", "lib/")
        for name in reversed(TREE):
            archive.write(source / name, name)
    return target


def contents(packed: bytes) -> dict[str, str]:
    """Return the content of a zip file."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture
def spellings(tmp_path: Path) -> dict[str, Values]:
    """Return archives of the same files, each declared in another way."""
    first, second = lay_out(tmp_path / "first"), lay_out(tmp_path / "second")
    return {
        "texts": tree({name: text(content) for name, content in TREE.items()}),
        "files": tree({name: file(first / name) for name in reversed(TREE)}),
        "files of another checkout": tree({name: file(second / name) for name in TREE}),
        "a folder": folder(first),
        "nested": tree({"main.py": text(TREE["main.py"]), "lib": folder(second / "lib")}),
        "a zip file inside": tree({"": folder(pack(first, tmp_path / "packed.zip"))}),
    }


def test_same_files_are_the_same_bytes(spellings: dict[str, Values]) -> None:
    """Neither the order nor the folder nor the time of files changes the zip file or the hash."""
    assert contents(zip_bytes(spellings["texts"])) == dict(sorted(TREE.items()))
    assert {zip_bytes(archive) for archive in spellings.values()} == {zip_bytes(spellings["texts"])}
    assert len({same_content(archive) for archive in spellings.values()}) == 1


def test_files_can_be_read_by_everybody(spellings: dict[str, Values]) -> None:
    """Files are readable by everybody, because Lambda's user is not their owner."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes(spellings["texts"]))) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_a_zip_file_is_taken_as_it_is(tmp_path: Path) -> None:
    """A zip file is used unchanged, so that its hash is the one that the program's author computed."""
    packed = pack(lay_out(tmp_path / "source"), tmp_path / "packed.zip")
    assert zip_bytes(folder(packed)) == packed.read_bytes()


@pytest.mark.parametrize(
    "other",
    [{"main.py": "import lib "}, {"main.py": ""}, {"main.py": "", "b.py": ""}, {"other.py": "import lib"}],
    ids=["another text", "no text", "one file more", "another name"],
)
def test_other_files_are_another_hash(other: dict[str, str]) -> None:
    """Each difference in the files changes the hash."""
    before = tree({"main.py": text("import lib")})
    assert same_content(tree({name: text(content) for name, content in other.items()})) != same_content(before)


def test_the_engine_s_hash_needs_no_files(tmp_path: Path) -> None:
    """The engine's hash in a state is used when the files are from another checkout or gone."""
    gone = {**folder(tmp_path / "gone"), "hash": "abc"}
    assert same_content(gone) == same_content({**tree({}), "hash": "abc"})
    assert same_content(gone) != same_content({**gone, "hash": "abd"})


def test_what_is_no_archive_is_compared_as_it_is() -> None:
    """A value that is not an archive is compared unchanged, and an unknown stays unknown."""
    assert same_content(UNKNOWN) == UNKNOWN
    assert not is_archive(UNKNOWN)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that does not exist, or is not a zip file, is named in the error."""
    (tmp_path / "text").write_text("no zip")
    with pytest.raises(ProviderError, match=r"^reading an archive: .*gone"):
        zip_bytes(tree({"main.py": file(tmp_path / "gone")}))
    with pytest.raises(ProviderError, match=r"^reading an archive: File is not a zip file"):
        zip_bytes(folder(tmp_path / "text"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (UNKNOWN, None),
        (tree({"main.py": text("x")}), None),
        (
            tree({"main.py": text("x"), "lib": tree({"__init__.py": text("")})}),
            (
                "'lib/__init__.py' must not be empty, because Pulumi's SDK cannot read an empty file back; "
                "write a comment in it"
            ),
        ),
        ("main.zip", "must be an archive, such as pulumi.AssetArchive"),
        (text("x"), "must be an archive, such as pulumi.AssetArchive"),
        (
            tree({"lib": tree({"main.py": {SIGNATURE: ASSET, "path": "lib/main.py"}})}),
            "'lib/main.py' must be an absolute path, because the sandbox runs in another folder",
        ),
        (
            {SIGNATURE: ARCHIVE, "uri": "https://example.com/code.zip"},
            "'https://example.com/code.zip' is a remote file; the sandbox supports only files on this machine",
        ),
    ],
    ids=["unknown", "fine", "empty", "a path", "an asset", "relative", "remote"],
)
def test_mistakes(code: Any, expected: str | None) -> None:  # noqa: ANN401 - any input
    """Archives that the sandbox cannot use are refused before anything is deployed."""
    assert mistake(code) == expected


def test_archives_pass_the_wire_unchanged() -> None:
    """The state keeps the archive as the engine sent it, for the next diff."""
    inner = {SIGNATURE: ARCHIVE, "path": "/gone", "hash": "def"}
    archive = {**tree({"main.py": text("x"), "lib": inner}), "hash": "abc"}
    assert decode(encode({"code": archive})) == {"code": archive}


def test_what_nobody_has_is_like_no_other() -> None:
    """Archives of unavailable content differ by their descriptions."""
    assert is_archive(unreadable("a"))
    assert same_content(unreadable("a")) == same_content(unreadable("a")) != same_content(unreadable("b"))


def function(needs: Values, code: Values) -> Values:
    """Return a function's inputs."""
    return {"name": "it", "role": needs["role"], "handler": "main.run", "runtime": "python3.13", "code": code}


def test_the_same_code_of_another_checkout_changes_nothing(engine: Engine, spellings: dict[str, Values]) -> None:
    """Two people who deploy the same commit have nothing to change."""
    needs = a_function(engine)
    it = engine.create(FUNCTION, "it", function(needs, spellings["files"]))

    assert engine.diff(it, function(needs, spellings["files of another checkout"])).detail == {}


def as_stored(it: Deployed) -> Deployed:
    """Return the archive as the engine reads it from its state, with only the hashes of its files."""
    code = {**tree({}), "hash": same_content(it.inputs["code"])}
    return replace(it, inputs={**it.inputs, "code": code}, outputs={**it.outputs, "code": code})


def test_a_refresh_without_the_files_shows_nothing(engine: Engine) -> None:
    """A refresh without the archive's files shows no change."""
    needs = a_function(engine)
    inputs = function(needs, an_archive(main="a = 1"))
    it = as_stored(engine.create(FUNCTION, "it", inputs))

    assert engine.refresh(it) == (it, Difference())
    assert engine.diff(it, inputs) == Difference()


def test_a_refresh_shows_code_of_somebody_else(engine: Engine, boto: Callable[[str], Any]) -> None:
    """Code that was deployed from elsewhere is shown by its hash, and the program's code is a change again."""
    needs = a_function(engine)
    inputs = function(needs, an_archive(main="a = 1"))
    it = as_stored(engine.create(FUNCTION, "it", inputs))
    sha = boto("lambda").update_function_code(FunctionName="it", ZipFile=zip_bytes(an_archive(a="b")))["CodeSha256"]

    found, shown = engine.refresh(it)

    assert shown.detail == {"code": "UPDATE"}
    assert found is not None
    assert found.outputs["code"] == unreadable(f"code of unknown origin, CodeSha256 {sha}")
    assert engine.refresh(as_stored(found))[1] == Difference()
    assert engine.diff(as_stored(found), inputs).detail == {"code": "UPDATE"}
    assert engine.update(as_stored(found), inputs).outputs["codeSha256"] == it.outputs["codeSha256"]


def test_a_refresh_whose_files_are_gone_shows_code_of_somebody_else(
    engine: Engine, boto: Callable[[str], Any], tmp_path: Path
) -> None:
    """A refresh shows code from elsewhere even when the files in the state do not exist."""
    needs = a_function(engine)
    code = tree({"main.py": file(lay_out(tmp_path) / "main.py")})
    it = engine.create(FUNCTION, "it", function(needs, {**code, "hash": same_content(code)}))
    (tmp_path / "main.py").unlink()
    boto("lambda").update_function_code(FunctionName="it", ZipFile=zip_bytes(an_archive(a="b")))

    assert engine.refresh(it)[1].detail == {"code": "UPDATE"}


def test_only_the_code_is_deployed_when_only_it_changed(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A change of only the code updates the code in place, and does not change the configuration."""
    needs = a_function(engine)
    it = engine.create(FUNCTION, "it", function(needs, an_archive(main="a = 1")))
    boto("lambda").update_function_configuration(FunctionName="it", Timeout=9)

    there = engine.update(it, function(needs, an_archive(main="a = 2")))

    assert there.outputs["codeSha256"] != it.outputs["codeSha256"]
    assert there.outputs["code"] == an_archive(main="a = 2")
    assert there.outputs["timeout"] == 9
