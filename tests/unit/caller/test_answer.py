"""What a receiver's answer means."""

from __future__ import annotations

import contextlib
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import answer
from caller.answer import LARGEST, Answer
from caller.failures import RequestFailed


def given_answer(status: int, phrase: str = "", body: bytes = b"", location: str = "", *, whole: bool = True) -> Answer:
    """Return an answer."""
    return Answer(status, phrase, location, body, whole)


@pytest.mark.parametrize("status", [200, 201, 203, 204, 206, 226, 299])
def test_good(status: int) -> None:
    """Each code of success but one means that the work is done."""
    assert answer.result(given_answer(status), callback=True) == {"status": status}
    assert answer.result(given_answer(status), callback=False) == {"status": status}


def test_accepted() -> None:
    """The run goes on until a callback; without somebody who waits for it, it would end as nobody knows how."""
    assert answer.result(given_answer(202, "Accepted"), callback=True) == {"state": "accepted"}
    with pytest.raises(RequestFailed, match=r"answered 202 Accepted, but nobody waits.*set `callback_within`"):
        answer.result(given_answer(202, "Accepted"), callback=False)


def test_elsewhere() -> None:
    """Another delivery of the same launch tells how it ends."""
    assert answer.result(given_answer(409, "Conflict", b"known"), callback=False) == {"state": "elsewhere"}


@pytest.mark.parametrize(
    ("status", "phrase", "why"),
    [
        (101, "Switching Protocols", "answered 101 Switching Protocols"),
        (400, "Bad Request", "answered 400 Bad Request"),
        (401, "Unauthorized", "answered 401 Unauthorized"),
        (404, "", "answered 404"),
        (500, "Internal Server Error", "answered 500 Internal Server Error"),
        (503, "Service Unavailable", "answered 503 Service Unavailable"),
        (999, "?", "answered 999 ?"),
    ],
)
def test_failures(status: int, phrase: str, why: str) -> None:
    """The reason has the code and the phrase, and the body is quoted."""
    with pytest.raises(RequestFailed) as failure:
        answer.result(given_answer(status, phrase, b"no \xff rates"), callback=True)
    assert (failure.value.why, failure.value.quote) == (why, "no � rates")


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("https://login.example.com/next?token=1", ", a redirect to login.example.com"),
        ("https://user:pass@h:8443/", ", a redirect to h:8443"),
        ("//h/x", ", a redirect to h"),
        ("/login", ""),
        ("", ""),
        ("https://[broken", ""),
    ],
)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_redirects(status: int, location: str, leads: str) -> None:
    """They are not followed: whoever controls one would get the request, and its proof."""
    with pytest.raises(RequestFailed) as failure:
        answer.result(given_answer(status, "Moved", b"", location), callback=True)
    assert failure.value.why == f"answered {status} Moved{leads}; redirects are not followed"


def test_answers_that_are_not_whole() -> None:
    """A code of success comes before the body. It does not say that the work behind the rest was done."""
    for status in (200, 202):
        with pytest.raises(RequestFailed, match=f"answered {status}, and the connection ended before the answer did"):
            answer.result(given_answer(status, body=b"half", whole=False), callback=True)
    with pytest.raises(RequestFailed, match="answered 200 with more than 1048576 bytes"):
        answer.result(given_answer(200, body=b"x" * (LARGEST + 1)), callback=True)
    assert answer.result(given_answer(200, body=b"x" * LARGEST), callback=True) == {"status": 200}
    with pytest.raises(RequestFailed, match=r"^answered 500$"):
        answer.result(given_answer(500, body=b"half", whole=False), callback=True)


@given(
    found=st.builds(Answer, st.integers(100, 999), st.text(), st.text(), st.binary(max_size=40), st.booleans()),
    callback=st.booleans(),
)
def test_every_answer_means_something(found: Answer, callback: bool) -> None:  # noqa: FBT001 - drawn
    """Only codes of success, and the conflict of two deliveries, are no failure."""
    with contextlib.suppress(RequestFailed):
        result = answer.result(found, callback=callback)
        assert result in ({"status": found.status}, {"state": "accepted"}, {"state": "elsewhere"})
        assert found.status == HTTPStatus.CONFLICT or (200 <= found.status < 300 and found.whole)
