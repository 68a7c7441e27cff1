"""The proof of a request: Standard Webhooks' signature, or a bearer token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caller import proof
from caller.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW = "whsec_" + base64.b64encode(b"o" * 24).decode(), "n" * 24
NOW = 1_800_000_000
NAME = "8a6f0e2b4c1d3f5a7b9c0d1e2f3a4b5c"
BODY = b'{"jobs":["hello"]}'
secrets = st.binary(min_size=24, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=24, max_size=80).filter(
    lambda text: not text.startswith(("{", "whsec_"))
)


def lower(headers: dict[str, str]) -> dict[str, str]:
    """Return headers as a function's URL and WSGI name them."""
    return {name.lower(): value for name, value in headers.items()}


def is_accepted(kind: str, own: list[str], headers: dict[str, str], body: bytes = BODY, now: float = NOW) -> bool:
    """Say whether somebody who knows these secrets accepts a message."""
    return proof.may_hold(kind, headers, now) and Proof(kind, own).holds(headers, body)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example is from the tests of their library for Python."""
    own, name = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert proof.signature(own, name, "1614265330", b'{"test": 2432232314}') == expected


def test_the_headers_of_a_signed_message() -> None:
    """Both secrets sign the id, the time and the bytes of the body, with dots between."""
    found = Proof("signature", [NEW, OLD]).headers(NAME, NOW + 0.9, BODY)
    signed = f"{NAME}.{NOW}.".encode() + BODY
    own = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in (b"n" * 24, b"o" * 24)]
    signatures = f"v1,{own[0]} v1,{own[1]}"
    assert found == {"webhook-id": NAME, "webhook-timestamp": str(NOW), "webhook-signature": signatures}


def test_the_headers_with_a_token() -> None:
    """A token is sent as it is, and the one before is not sent any more."""
    found = Proof("bearer", [NEW, OLD]).headers(NAME, NOW, BODY)
    assert found == {"webhook-id": NAME, "Authorization": f"Bearer {NEW}"}


@pytest.mark.parametrize("kind", ["signature", "bearer"])
@given(own=st.one_of(secrets, texts), other=st.one_of(secrets, texts), body=st.binary(max_size=200))
def test_who_knows_the_secret_is_believed(kind: str, own: str, other: str, body: bytes) -> None:
    """And nobody else."""
    headers = lower(Proof(kind, [own]).headers(NAME, NOW, body))
    assert is_accepted(kind, [own], headers, body)
    assert is_accepted(kind, [other, own], headers, body)
    assert is_accepted(kind, [other], headers, body) == (proof.key(own) == proof.key(other) or own == other)


@pytest.mark.parametrize("receiver", [[OLD], [NEW], [OLD, NEW]])
def test_a_rotation_of_a_signing_secret(receiver: list[str]) -> None:
    """Before, amid and after it, a receiver with either secret accepts what both have signed."""
    assert is_accepted("signature", receiver, lower(Proof("signature", [NEW, OLD]).headers(NAME, NOW, BODY)))


def test_a_rotation_of_a_token() -> None:
    """The receiver has to know the new token first, since only the current one is sent."""
    before, after = (lower(Proof("bearer", own).headers(NAME, NOW, BODY)) for own in ([OLD], [NEW, OLD]))
    assert is_accepted("bearer", [NEW, OLD], before)
    assert is_accepted("bearer", [NEW, OLD], after)
    assert not is_accepted("bearer", [OLD], after)


SIGNED = Proof("signature", [NEW]).headers(NAME, NOW, BODY)


def forged(good: str, now: int = NOW) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield changes of the headers of a message with a good signature of now that nobody may get away with."""
    yield "no id", {"webhook-id": ""}
    yield "another id", {"webhook-id": NAME[::-1]}
    yield "a long id", {"webhook-id": "a" * 257}
    yield "an id of letters that no header has", {"webhook-id": "ä"}
    yield "no time", {"webhook-timestamp": ""}
    yield "another time", {"webhook-timestamp": str(now + 1)}
    yield "digits of another script", {"webhook-timestamp": str(now).translate({48 + n: 0x660 + n for n in range(10)})}
    yield "a superscript", {"webhook-timestamp": f"{now}²"}
    yield "a fraction", {"webhook-timestamp": f"{now}.0"}
    yield "a sign", {"webhook-timestamp": f"+{now}"}
    yield "a line more", {"webhook-timestamp": f"{now}\n"}
    yield "two times", {"webhook-timestamp": f"{now},{now}"}
    yield "a huge time", {"webhook-timestamp": "9" * 400}
    yield "no signature", {"webhook-signature": ""}
    yield "an empty signature", {"webhook-signature": "v1,"}
    yield "a signature of another version", {"webhook-signature": good.replace("v1", "v1a")}
    yield "a signature without its version", {"webhook-signature": good.removeprefix("v1,")}
    yield "a shorter signature", {"webhook-signature": good[:-1]}
    yield "a longer signature", {"webhook-signature": good + "="}
    yield "two headers", {"webhook-signature": f"{good},{good}"}
    yield "letters that no signature has", {"webhook-signature": "v1,äöü\udcff"}
    yield "one of a hundred", {"webhook-signature": "v1,AAAA " * 100 + good}


@pytest.mark.parametrize(
    "change", [pytest.param(change, id=name) for name, change in forged(SIGNED["webhook-signature"])]
)
def test_forged_headers(change: dict[str, str]) -> None:
    """They are refused, and none of them is an error of the program."""
    headers = lower(Proof("signature", [NEW]).headers(NAME, NOW, BODY))
    assert is_accepted("signature", [NEW], headers)
    assert not is_accepted("signature", [NEW], headers | change)
    assert not is_accepted("signature", [NEW], headers, BODY + b" ")


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {NEW} ",
        f"bearer {NEW}",
        f"Basic {NEW}",
        NEW,
        f"Bearer {NEW},Bearer {NEW}",
        "ä",
    ],
)
def test_forged_tokens(shown: str) -> None:
    """Only the token itself, in the one form that it is sent in, is taken."""
    assert not is_accepted("bearer", [NEW], {"authorization": shown})
    assert not is_accepted("bearer", [NEW], {})


@pytest.mark.parametrize(("late", "taken"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_the_age_of_a_signature(late: int, taken: bool) -> None:  # noqa: FBT001 - a column of a table
    """Five minutes before or after, so a message that was read by somebody cannot be sent again later."""
    headers = lower(Proof("signature", [NEW]).headers(NAME, NOW, BODY))
    assert is_accepted("signature", [NEW], headers, now=NOW + late) == taken


@pytest.mark.parametrize("kind", ["signature", "bearer"])
@pytest.mark.parametrize("used", [[], [NEW], [OLD], ["x" * 24, "y" * 24]])
def test_all_comparisons_are_made(kind: str, used: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number, and the length of what is compared, are the same whichever secret fits, or none."""
    lengths = []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return compare(one, other)

    headers = {"webhook-id": NAME, "webhook-timestamp": str(NOW), "webhook-signature": "v1,no", "authorization": "no"}
    headers |= lower(Proof(kind, used).headers(NAME, NOW, BODY)) if used else {}
    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert Proof(kind, [NEW, OLD]).holds(headers, BODY) == (used in ([NEW], [OLD]))
    shown = len(headers["webhook-signature"].split()) if kind == "signature" else 1
    assert lengths == [(32, 32)] * 2 * shown


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "shorter than 24 bytes"),
        (" \n", "shorter than 24 bytes"),
        ("hunter2", "shorter than 24 bytes"),
        ("whsec_AAAA", "shorter than 24 bytes"),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), "shorter than 24 bytes"),
        ("whsec_" + "!" * 40, "not Base64"),
        ("whsec_" + "-_" * 20, "not Base64"),
        ('{"token": "' + "k" * 30 + '"}', "JSON"),
        ("correct horse battery staple", "a space"),
        ("k" * 30 + "\r\nX-Forged: 1", "a space"),
        ("schlüssel" * 4, "visible ASCII"),
        ("٣" * 30, "visible ASCII"),
    ],
)
def test_secrets_that_nobody_can_share(value: str, why: str) -> None:
    """They are refused with the reason, and without the value."""
    with pytest.raises(ValueError, match=why) as error:
        proof.secret(value)
    assert not value.strip() or value not in str(error.value)


@given(own=st.one_of(secrets, texts), around=st.sampled_from(["", "\n", "\r\n", " "]))
def test_space_around_a_secret_is_none_of_it(own: str, around: str) -> None:
    """Editors and shells leave a line's end in files from which secrets are made."""
    assert proof.secret(f"{around}{own}{around}") == own


def test_base64_may_come_without_its_end() -> None:
    """As Standard Webhooks' library for Python takes it."""
    assert proof.key("whsec_" + base64.b64encode(b"k" * 25).decode().rstrip("=")) == b"k" * 25
