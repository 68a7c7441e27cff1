"""The reference receiver: what it runs, and whom it refuses."""

from __future__ import annotations

import hmac
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import proof
from caller.proof import Proof
from receiver import callback, receiver
from receiver.callback import Callbacks
from receiver.claims import memory
from receiver.receiver import LARGEST, LATER, Receiver
from tests.unit.caller.test_proof import forged, secrets, texts
from tests.unit.receiver.asking import ALIAS, EVENT, NEW, NOW, OLD, Fleet, environment, sent

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = pytest.mark.parametrize("kind", ["signature", "bearer"])


@KINDS
def test_a_request(kind: str) -> None:
    """Its functions run one after another, and get the launch."""
    fleet = Fleet(bearer=kind == "bearer")
    assert fleet.ask(sent("bye", "hello", kind=kind)) == (200, {"jobs": ["bye", "hello"]})
    order = {"jobs": ["bye", "hello"], **EVENT, "run": f"{ALIAS}/8f0e"}
    assert fleet.done == [("bye", order), ("hello", order)]


def test_unknown_functions() -> None:
    """None runs, the answer has the names, and the launch can come again when the function is there."""
    fleet = Fleet()
    assert fleet.ask(sent("hello", "ciao")) == (404, {"unknown": ["ciao"], "known": ["bye", "hello"]})
    assert not fleet.done
    fleet.receiver.job("ciao")(lambda _: None)
    assert fleet.ask(sent("hello", "ciao"))[0] == 200


@KINDS
def test_a_launch_runs_once(kind: str) -> None:
    """A second delivery of it, or a repetition by somebody who has read it, is known. Other launches are not."""
    fleet = Fleet(bearer=kind == "bearer")
    assert fleet.ask(sent(kind=kind))[0] == 200
    assert fleet.ask(sent(kind=kind)) == (409, {"error": "this launch has come before"})
    assert fleet.ask(sent(kind=kind, now=NOW + 60))[0] == 409
    for other in ({"launch": 2}, {"tick": "2026-11-26T15:31:00Z"}, {"rerun": "0000aaaa"}, {"schedule": "hello.night"}):
        assert fleet.ask(sent(kind=kind, **other))[0] == 200
    assert len(fleet.done) == 5


def test_servers_that_share_a_claim() -> None:
    """One of them runs a launch."""
    claim = memory()
    fleets = [Fleet(claim=claim) for _ in range(3)]
    assert [fleet.ask(sent())[0] for fleet in fleets] == [200, 409, 409]
    assert [len(fleet.done) for fleet in fleets] == [1, 0, 0]


def test_a_claim_may_answer_as_redis_does() -> None:
    """`SET NX` is answered with true or nothing."""
    answers = [True, None]
    fleet = Fleet(claim=lambda _: answers.pop(0))
    assert [fleet.ask(sent())[0] for _ in range(2)] == [200, 409]


def test_a_function_that_fails() -> None:
    """The answer has its error, which the alert shows. What comes after it in the request does not run."""
    fleet = Fleet()

    @fleet.receiver.job("ciao")
    def fail(_: Mapping[str, Any]) -> None:
        raise ValueError("no rates today")

    assert fleet.ask(sent("hello", "ciao", "bye")) == (500, {"error": "ValueError: no rates today"})
    assert [name for name, _ in fleet.done] == ["hello"]
    assert callable(fail)


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SystemExit(), 200, {"jobs": ["ciao"]}),
        (SystemExit(0), 200, {"jobs": ["ciao"]}),
        (SystemExit(3), 500, {"error": "SystemExit: 3"}),
        (SystemExit("no rates"), 500, {"error": "SystemExit: no rates"}),
        (ValueError("x" * 5000), 500, {"error": f"ValueError: {'x' * 988}"}),
    ],
)
def test_functions_that_end_otherwise(error: BaseException, code: int, said: dict[str, Any]) -> None:
    """`sys.exit()` in a function ends the function, and not the server."""
    fleet = Fleet()

    @fleet.receiver.job("ciao")
    def end(_: Mapping[str, Any]) -> None:
        raise error

    assert fleet.ask(sent("ciao")) == (code, said)
    assert callable(end)


def test_an_error_that_cannot_be_written() -> None:
    """It is answered all the same."""
    fleet = Fleet()
    fleet.receiver.job("ciao")(_mute)
    code, said = fleet.ask(sent("ciao"))
    assert (code, "_MuteError" in said["error"]) == (500, True)


def _mute(_: object) -> None:
    raise _MuteError


@pytest.mark.parametrize("jobs", ["hello", {"hello": 1}, [], [7], [["hello"]], None, 7])
def test_bodies_without_names(jobs: object) -> None:
    """They are refused with the reason, and nothing is run or remembered."""
    fleet, body = Fleet(), json.dumps({"jobs": jobs}).encode()
    name = "0" * 32
    asked = environment(body, Proof("signature", [NEW]).headers(name, NOW, body))
    assert fleet.ask(asked) == (400, {"error": "the body has no list `jobs` of names"})
    assert not fleet.done


def test_a_function_that_goes_on() -> None:
    """The answer says so, also when another function of the request is done."""
    fleet = Fleet()
    fleet.receiver.job("ciao")(lambda _: LATER)
    assert fleet.ask(sent("ciao", "hello")) == (202, {"jobs": ["ciao", "hello"]})


@pytest.mark.parametrize("known", [[OLD], [NEW], [NEW, OLD], [f" {NEW}\n"]])
def test_a_rotation_of_a_signing_secret(known: list[str]) -> None:
    """Whatever the receiver has amid it, what both secrets have signed is accepted."""
    assert Fleet(known).ask(sent(secrets=[NEW, OLD]))[0] == 200


def test_a_rotation_of_a_token() -> None:
    """The receiver must have the new token before the caller sends it, and may forget the old one after."""
    before, after = ([OLD], [NEW, OLD])
    assert Fleet([NEW, OLD], bearer=True).ask(sent(kind="bearer", secrets=before))[0] == 200
    assert Fleet([NEW, OLD], bearer=True).ask(sent(kind="bearer", secrets=after))[0] == 200
    assert Fleet([NEW], bearer=True).ask(sent(kind="bearer", secrets=after))[0] == 200
    assert Fleet([OLD], bearer=True).ask(sent(kind="bearer", secrets=after))[0] == 401


@pytest.mark.parametrize(
    ("own", "wrong"),
    [
        ([], "must be a list of one text or more"),
        ([None], "must be a list of one text or more"),
        (NEW, "must be a list of one text or more"),
        ([NEW.encode()], "must be a list of one text or more"),
        ([""], "at least 24 bytes"),
        (["short"], "at least 24 bytes"),
        ([NEW, "short"], "at least 24 bytes"),
        (["whsec_AAAA"], "at least 24 bytes"),
        ([" " * 40], "at least 24 bytes"),
        (["whsec_" + "-_" * 20], "is not Base64"),
        (["whsec_" + "A" * 41], "is not Base64"),
        (["whsec_" + "ä" * 40], "is not Base64"),
    ],
)
def test_secrets_that_are_none(own: Any, wrong: str) -> None:  # noqa: ANN401 - mistakes
    """A receiver without its variable must not start: an empty secret would be everybody's."""
    for kind in (Receiver, Callbacks):
        with pytest.raises(ValueError, match=wrong) as refused:
            kind(own)
        assert not any(len(str(one)) > 4 and str(one) in str(refused.value) for one in own)


@pytest.mark.parametrize("name", ["", "two words", "-x", "x" * 65, None, 7, print])
def test_names_that_no_job_file_has(name: Any) -> None:  # noqa: ANN401 - mistakes
    """Nobody would ever ask for the function. `@receiver.job` without a name is such a mistake."""
    with pytest.raises(ValueError, match=r'; write @receiver.job\("refresh_rates"\)$'):
        Receiver([NEW]).job(name)


def test_names_that_are_taken() -> None:
    """One of two functions would never run."""
    with pytest.raises(ValueError, match=r"^two functions are registered as 'hello'$"):
        Fleet().receiver.job("hello")


@given(own=st.one_of(secrets, texts), name=st.text("0123456789abcdef", min_size=32, max_size=32), body=st.binary())
def test_receiver_and_caller_sign_alike(own: str, name: str, body: bytes) -> None:
    """They are two pieces of code, since they are deployed apart."""
    assert receiver.signature(own, name, str(NOW), body) == proof.signature(own, name, str(NOW), body)


@pytest.mark.parametrize(
    "change", [pytest.param(change, id=name) for name, change in forged(sent()["HTTP_WEBHOOK_SIGNATURE"])]
)
def test_forged_headers(change: dict[str, str]) -> None:
    """They are refused, nothing runs, and the answer says nothing."""
    fleet, good = Fleet(), sent()
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in change.items()}
    assert fleet.ask(good | headers) == (401, {})
    assert not fleet.done


@pytest.mark.parametrize("late", [301, -301, 86400])
def test_old_and_future_requests(late: int) -> None:
    """A request that was read by somebody cannot come again later."""
    assert Fleet().ask(sent(now=NOW + late))[0] == 401
    assert Fleet().ask(sent(now=NOW + (300 if late > 0 else -300)))[0] == 200


def test_requests_of_somebody_else() -> None:
    """Another secret, another body, another launch's signature, or none at all."""
    fleet, good, other = Fleet(), sent(), sent(launch=2)
    for wrong in (
        sent(secrets=[OLD]),
        good | {"wsgi.input": io.BytesIO(b"x" * int(good["CONTENT_LENGTH"]))},
        good | {"wsgi.input": other["wsgi.input"]},
        good | {"HTTP_WEBHOOK_ID": other["HTTP_WEBHOOK_ID"]},
        good | {"HTTP_WEBHOOK_ID": f"../../{good['HTTP_WEBHOOK_ID']}"},
        sent(kind="bearer"),
        environment(b"{}", {}),
    ):
        assert fleet.ask(wrong) == (401, {})
    assert not fleet.done


@pytest.mark.parametrize(
    "shown", ["", "Bearer ", f"Bearer {NEW} ", f"bearer {NEW}", f"Bearer {NEW},Bearer {NEW}", "Bearer é"]
)
def test_forged_tokens(shown: str) -> None:
    """Only the token itself is taken, and a signature does not replace it."""
    fleet = Fleet(bearer=True)
    assert fleet.ask(sent(kind="bearer") | {"HTTP_AUTHORIZATION": shown}) == (401, {})
    assert fleet.ask(sent(kind="signature")) == (401, {})
    assert not fleet.done


@KINDS
@pytest.mark.parametrize("used", [[NEW], [OLD], ["x" * 24]])
@pytest.mark.parametrize("change", [{}, {"HTTP_WEBHOOK_TIMESTAMP": "1"}, {"HTTP_WEBHOOK_ID": ""}])
def test_all_comparisons_are_made(
    kind: str, used: list[str], change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number and lengths are the same whichever secret fits, or none, and whatever else is wrong."""
    lengths = []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    Fleet([NEW, OLD], bearer=kind == "bearer").ask(sent(kind=kind, secrets=used) | change)
    assert lengths == [(32, 32), (32, 32)]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"REQUEST_METHOD": "GET"}, 405),
        ({"REQUEST_METHOD": "post"}, 405),
        ({"CONTENT_LENGTH": ""}, 411),
        ({"CONTENT_LENGTH": "-1"}, 411),
        ({"CONTENT_LENGTH": "+1"}, 411),
        ({"CONTENT_LENGTH": "1_0"}, 411),
        ({"CONTENT_LENGTH": "²"}, 411),
        ({"CONTENT_LENGTH": "1,1"}, 411),
        ({"CONTENT_LENGTH": "9" * 400}, 411),
        ({"CONTENT_LENGTH": str(LARGEST + 1)}, 413),
        ({"CONTENT_LENGTH": "1"}, 401),
    ],
)
def test_requests_that_are_none(change: dict[str, str], status: int) -> None:
    """They are refused before anything of them is read, apart from what they promise."""
    fleet = Fleet()
    assert fleet.ask(sent() | change)[0] == status
    assert not fleet.done


@KINDS
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"\xff", b'{"jobs": 1}', b'{"jobs": null}', b"[" * 60000, b"{}", b'"jobs"', b"7"],
)
def test_proven_bodies_that_ask_for_nothing(kind: str, body: bytes) -> None:
    """They are wrong, and no error of the program."""
    name = "0" * 32
    headers = Proof(kind, [NEW]).headers(name, NOW, body)
    assert Fleet(bearer=kind == "bearer").ask(environment(body, headers))[0] == 400


def test_the_largest_body() -> None:
    """It is taken; a byte more is not."""
    body = json.dumps({"jobs": ["hello"]}).encode().ljust(LARGEST)
    headers = Proof("signature", [NEW]).headers("0" * 32, NOW, body)
    assert Fleet().ask(environment(body, headers))[0] == 200


@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "HTTP_WEBHOOK_ID",
                "HTTP_WEBHOOK_TIMESTAMP",
                "HTTP_WEBHOOK_SIGNATURE",
                "HTTP_AUTHORIZATION",
                "CONTENT_LENGTH",
            ]
        ),
        st.text(max_size=40),
    ),
    body=st.binary(max_size=60),
)
@KINDS
def test_whatever_comes(kind: str, headers: dict[str, str], body: bytes) -> None:
    """Nobody without the secret gets in, and no request is an error of the program."""
    fleet = Fleet(bearer=kind == "bearer")
    status, said = fleet.ask(environment(body, {}) | headers)
    assert (status in {401, 411, 413}, said, fleet.done) == (True, {}, [])


def test_a_job_that_waits_for_no_callback() -> None:
    """The error names what to set, and not a missing key."""
    with pytest.raises(
        RuntimeError, match=r"^the job hello waits for no callback: set `callback_within` of its `Http`$"
    ):
        Callbacks([NEW]).tell(EVENT)


@pytest.mark.parametrize(
    ("problem", "outcome", "reason"),
    [
        ("", "good", ""),
        (None, "good", ""),
        ("no rates", "failed", "no rates"),
        (ValueError(), "failed", "ValueError: "),
        (ValueError("no rates"), "failed", "ValueError: no rates"),
        ("x" * 5000, "failed", "x" * 1000),
    ],
)
def test_problems(monkeypatch: pytest.MonkeyPatch, problem: object, outcome: str, reason: str) -> None:
    """A problem is a text or an error, as it was caught. An error is a failure, also one without words."""
    told: list[bytes] = []

    def post(_url: str, _headers: Mapping[str, str], body: bytes) -> int:
        told.append(body)
        return 204

    monkeypatch.setattr(callback, "_post", post)
    Callbacks([NEW]).tell(EVENT | {"run": "r", "callback": "https://a"}, problem)
    said = json.loads(told[0])
    assert (said["outcome"], said["reason"]) == (outcome, reason)
