"""The forms in which a function, a version or an alias can be named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.arn import Arn
from aws_facts.function_name import FunctionName

PLACE = Arn("aws", "lambda", "eu-central-1", "123456789012", "")
RATES = "arn:aws:lambda:eu-central-1:123456789012:function:rates"
FORMS: dict[str, FunctionName] = {
    "rates": FunctionName(RATES),
    "rates:jobs": FunctionName(RATES, "jobs"),
    "function:rates:7": FunctionName(RATES, "7"),
    "123456789012:function:rates": FunctionName(RATES),
    "210987654321:function:rates:$LATEST": FunctionName(RATES.replace("123456789012", "210987654321"), "$LATEST"),
    RATES: FunctionName(RATES),
    f"{RATES}:jobs": FunctionName(RATES, "jobs"),
    "arn:aws-us-gov:lambda:us-gov-west-1:210987654321:function:rates": FunctionName(
        "arn:aws-us-gov:lambda:us-gov-west-1:210987654321:function:rates"
    ),
}


@pytest.mark.parametrize(("text", "found"), FORMS.items())
def test_parse(text: str, found: FunctionName) -> None:
    """Each form that Lambda takes names a function; what it leaves out is that of the caller."""
    assert FunctionName.parse(text, PLACE) == found


@pytest.mark.parametrize("text", ["", "rates:jobs:1", "ra tes", f"{RATES}:", RATES.replace("lambda", "sqs")])
def test_no_function(text: str) -> None:
    """Another text names no function."""
    with pytest.raises(ValueError, match="does not name a Lambda function"):
        FunctionName.parse(text, PLACE)


@given(st.from_regex(r"[a-zA-Z0-9-_]{1,64}", fullmatch=True), st.none() | st.sampled_from(["$LATEST", "7", "jobs-v1"]))
def test_text(name: str, qualifier: str | None) -> None:
    """The text of a function's name is the ARN that names it."""
    found = FunctionName(RATES.replace("rates", name), qualifier)
    assert (FunctionName.of_arn(str(found)), found.name) == (found, name)
