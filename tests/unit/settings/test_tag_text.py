"""Tests that every service takes the tags that config accepts: the limits are read from botocore's service models."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from emulator.gateway.java_regex import compile_java
from settings.tag_text import Owner, TagKey, TagValue

SHAPES = {
    "ecs": ("TagKey", "TagValue"),
    "scheduler": ("TagKey", "TagValue"),
    "sqs": ("TagKey", "TagValue"),
    "sns": ("TagKey", "TagValue"),
    "lambda": ("TagKey", "TagValue"),
    "iam": ("tagKeyType", "tagValueType"),
    "dynamodb": ("TagKeyString", "TagValueString"),
    "events": ("TagKey", "TagValue"),
    "logs": ("TagKey", "TagValue"),
    "cloudwatch": ("TagKey", "TagValue"),
}
"""The shapes of keys and values in each service that gets the stack's tags."""

TEXTS = (
    st.text(max_size=8)
    | st.text("aB9 _.:/=+-@éß中²Ⅷ١\u0301\u200d\u00a0ⓐ\n", max_size=8)
    | st.sampled_from(["aws:a", "AWS:"])
)
LONG = st.integers(120, 260).map("x".__mul__)


def limits(part: int) -> dict[str, Any]:
    """Return the shape of keys (0) or values (1) of each service."""
    return {
        service: Loader().load_service_model(service, "service-2")["shapes"][names[part]]
        for service, names in SHAPES.items()
    }


LIMITS = {part: limits(part) for part in (0, 1)}


def taken_by(shape: Any, text: str) -> bool:  # noqa: ANN401 - a shape of botocore
    """Return whether a text is within a shape's limits."""
    pattern = compile_java(shape.get("pattern", "(?s).*"))
    return shape.get("min", 0) <= len(text) <= shape.get("max", len(text)) and pattern.fullmatch(text) is not None


def accepts(kind: Any, text: str) -> bool:  # noqa: ANN401 - an annotated type
    """Return whether config accepts a text."""
    try:
        pydantic.TypeAdapter(kind).validate_python(text)
    except pydantic.ValidationError:
        return False
    return True


@pytest.mark.parametrize(("kind", "part"), [(TagKey, 0), (TagValue, 1), (Owner, 1)], ids=["key", "value", "owner"])
@given(text=TEXTS | LONG)
def test_every_service_takes_what_is_accepted(kind: Any, part: int, text: str) -> None:  # noqa: ANN401
    """A text that config accepts is within the limits of all services, and is not reserved."""
    if accepts(kind, text):
        assert [service for service, shape in LIMITS[part].items() if not taken_by(shape, text)] == []
        assert not text.lower().startswith("aws:")


@given(text=st.text("aZ9 _.:/=+-@éß中²Ⅷ١", min_size=1, max_size=128).filter(lambda text: text.strip()))
def test_accepts_what_every_service_takes(text: str) -> None:
    """Letters and numbers of every script, plain spaces and AWS's marks are accepted."""
    assert all(accepts(kind, text) for kind in (TagKey, TagValue, Owner))
