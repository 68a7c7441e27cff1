"""Requests over real connections, to servers that answer well, badly or never."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from caller import exchange
from caller.answer import LARGEST, Answer, result
from caller.exchange import Deadline, send
from caller.failures import RequestFailed, RequestTimedOut
from caller.settings import Address
from tests.loopback import HOST, free_port
from tests.processes.caller.certificates import Authority
from tests.processes.caller.scripted_server import scripted_server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from http.client import HTTPResponse
    from pathlib import Path

BODY = b'{"jobs":["hello"]}'
SIZED, CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Length: ", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG, SHORT = 30.0, 0.3
"""Seconds: a limit that no test meets, and one that a test waits for."""


def ask(
    port: int, seconds: float = LONG, *, url: str = "http://127.0.0.1:{}/run?a=b", headers: dict[str, str] | None = None
) -> Answer:
    """Send a request to a server of a test."""
    return send(Address.of(url.format(port)), headers or {"webhook-id": "1f"}, BODY, Deadline(seconds))


def test_what_is_sent() -> None:
    """The request is one of HTTP/1.1 on a connection of its own, with the given headers and no others of use."""
    with scripted_server(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone") as server:
        assert ask(server.port) == Answer(200, "OK", "", b"done")
        assert server.requests == [
            b"POST /run?a=b HTTP/1.1\r\n"
            b"Accept-Encoding: identity\r\n"
            b"Content-Length: 18\r\n"
            b"webhook-id: 1f\r\n"
            b"Host: 127.0.0.1:%d\r\n"
            b"Connection: close\r\n\r\n" % server.port + BODY
        ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\ndone", Answer(200, "OK", "", b"done")),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Answer(200, "", "", b"")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, "No Content", "", b"")),
        (CHUNKED + b"2\r\ndo\r\n2;x=y\r\nne\r\n0\r\nA: b\r\n\r\n", Answer(200, "OK", "", b"done")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED + b"4\r\n\r\ndone", Answer(200, "OK", "", b"done")),
        (
            b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + CHUNKED + b"0\r\n\r\n",
            Answer(200, "OK", "", b""),
        ),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Answer(101, "Switching Protocols", "", b"")),
        (b"HTTP/1.1 302 Found\r\nLocation: https://h/\r\n\r\n", Answer(302, "Found", "https://h/", b"")),
        (b"HTTP/1.1 500 \xff\xe4\r\nContent-Length: 2\r\n\r\n\xff\xe4", Answer(500, "ÿä", "", b"\xff\xe4")),
        (SIZED + b"9\r\n\r\ndone", Answer(200, "OK", "", b"done", whole=False)),
        (CHUNKED + b"9\r\ndone", Answer(200, "OK", "", b"", whole=False)),
        (CHUNKED + b"xyz\r\ndone", Answer(200, "OK", "", b"", whole=False)),
        (SIZED + b"-1\r\n\r\ndone", Answer(200, "OK", "", b"done")),
    ],
)
def test_answers(said: bytes, expected: Answer) -> None:
    """All forms in which HTTP lets a server answer; what has not come to its end is marked."""
    with scripted_server(said) as server:
        assert ask(server.port) == expected


def test_a_redirect_is_not_followed() -> None:
    """The second server hears nothing."""
    with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as second:
        there = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"
        with (
            scripted_server(there % second.port) as first,
            pytest.raises(RequestFailed, match=f"a redirect to {HOST}:"),
        ):
            result(ask(first.port), callback=True)
        assert not second.requests


def test_an_answer_that_has_no_end() -> None:
    """No more is read than is of use."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with scripted_server(head, *[b"x" * LARGEST] * 4) as server:
        assert ask(server.port) == Answer(200, "OK", "", b"x" * (LARGEST + 1))


def test_a_connection_that_is_reset_amid_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code has come, and the answer is not whole."""
    read = exchange._read
    with scripted_server(SIZED + b"9000\r\n\r\n", waits=True, resets=True) as server:

        def after_the_reset(response: HTTPResponse) -> Answer:
            server.done.set()
            server.closed.wait(LONG)
            return read(response)

        monkeypatch.setattr(exchange, "_read", after_the_reset)
        assert ask(server.port) == Answer(200, "OK", "", b"", whole=False)


@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_ends_without_an_answer(resets: bool) -> None:  # noqa: FBT001 - both ways of a table
    """Nobody knows whether the work was done."""
    with scripted_server(resets=resets) as server, pytest.raises(RequestFailed) as failure:
        ask(server.port)
    assert failure.value.why.startswith("the connection ended before the answer: ")
    assert failure.value.why.endswith("; the work may be done all the same")


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "SSH-2.0"),
        (b"HTTP/1.1 99 Low\r\n\r\n", "99 Low"),
        (b"HTTP/1.1 abc\r\n\r\n", "abc"),
        (b"HTTP/3.0 200 OK\r\n\r\n", "HTTP/3.0"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n", "100 headers"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70000 + b"\r\n\r\n", "header line"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "\x16"),
        (CHUNKED + b"-9\r\ndone", "read length"),
    ],
)
def test_what_is_no_answer(said: bytes, quote: str) -> None:
    """A server of another protocol, or one that is broken, is a failure with its words."""
    with (
        scripted_server(said) as server,
        pytest.raises(RequestFailed, match="what came is no answer of HTTP") as failure,
    ):
        ask(server.port)
    assert quote in failure.value.quote


@pytest.mark.parametrize(
    ("parts", "gap"),
    [
        ([], 0),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"], 0),
        ([b"HTTP/1.1 102 Processing\r\n\r\n"] * 100, 0.05),
        ([bytes([one]) for one in b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"], 0.05),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", *[b"x"] * 400], 0.05),
        ([b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 90], 0.05),
    ],
    ids=["silent", "no body", "informational", "slow", "slow body", "slow headers"],
)
def test_the_time_limit(parts: list[bytes], gap: float) -> None:
    """It is for the whole answer: a byte now and then does not extend it."""
    with scripted_server(*parts, gap=gap, waits=True) as server, pytest.raises(RequestTimedOut) as failure:
        ask(server.port, SHORT)
    assert failure.value.why == f"no answer within {SHORT} seconds; the work may be done all the same"


def test_a_refused_connection() -> None:
    """The reason names the receiver, without its path."""
    port = free_port()
    with pytest.raises(RequestFailed, match=f"^no connection to http://127.0.0.1:{port}: Connection refused$"):
        ask(port)


def test_a_name_that_nobody_has() -> None:
    """Names that end with `invalid` never exist (RFC 6761)."""
    with pytest.raises(RequestFailed, match=r"the name jobs\.invalid is not found: "):
        ask(80, url="http://jobs.invalid:{}/")
    with pytest.raises(RequestFailed, match=r"the name a+ is not found: "):
        ask(80, url=f"http://{'a' * 70}:{{}}/")


def places(*ports: int) -> Callable[..., object]:
    """Return a look-up that finds these ports of loopback for each name."""
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port)) for port in ports]


def test_a_receiver_with_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is tried when one takes no connection. Nothing has been sent to that one."""
    with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as alive:
        monkeypatch.setattr(socket, "getaddrinfo", places(free_port(), alive.port))
        assert ask(80, url="http://jobs.example.com:{}/").status == 200
        monkeypatch.setattr(socket, "getaddrinfo", places())
        with pytest.raises(RequestFailed, match=r"no connection to http://jobs\.example\.com:80: it has no address"):
            ask(80, url="http://jobs.example.com:{}/")


def test_a_host_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address has so long to take a connection, and all have the whole time."""
    with socket.create_server((HOST, 0), backlog=0) as deaf, scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as alive:
        port = deaf.getsockname()[1]
        with socket.create_connection((HOST, port)):  # fills the queue, so no other connection is answered
            monkeypatch.setattr(exchange, "_CONNECT", 0.1)
            with pytest.raises(RequestFailed, match=f"no connection to http://127.0.0.1:{port}: timed out"):
                ask(port)
            with pytest.raises(RequestTimedOut, match=f"no connection to http://127.0.0.1:{port} within 0.05 seconds"):
                ask(port, 0.05)
            monkeypatch.setattr(socket, "getaddrinfo", places(port, alive.port))
            assert ask(port).status == 200


def test_a_silent_connection_is_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a NAT gateway would forget it while the receiver works."""
    options: list[int] = []
    keep = exchange._keep_alive

    def watched(line: socket.socket) -> None:
        keep(line)
        names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)
        options.extend(line.getsockopt(socket.IPPROTO_TCP, name) for name in names)
        options.append(line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    monkeypatch.setattr(exchange, "_keep_alive", watched)
    with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as server:
        ask(server.port)
    assert options == [60, 60, 1]


class TestTls:
    """The receiver proves its name before anything is sent."""

    @pytest.fixture
    def authority(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
        """Return an authority that this machine trusts."""
        authority = Authority(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.trusted))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        return authority

    def test_a_good_certificate(self, authority: Authority) -> None:
        """The request goes to the receiver, whose certificate has its name."""
        with scripted_server(b"HTTP/1.1 200 OK\r\n\r\ndone", tls=authority.server("localhost")) as server:
            assert ask(server.port, url="https://localhost:{}/").body == b"done"
            assert b"Host: localhost:%d\r\n" % server.port in server.requests[0]

    @pytest.mark.parametrize(
        ("make", "reason"),
        [
            (Authority.self_signed, "self-signed certificate"),
            (
                lambda authority: authority.server("other.example.com"),
                "Hostname mismatch, certificate is not valid for",
            ),
            (lambda authority: authority.server("localhost", over=True), "certificate has expired"),
        ],
        ids=["self-signed", "another host", "over"],
    )
    def test_bad_certificates(
        self, tmp_path: Path, authority: Authority, make: Callable[[Authority], ssl.SSLContext], reason: str
    ) -> None:
        """They are refused with the reason, and the receiver gets no request."""
        (tmp_path / "other").mkdir()
        signer = Authority(tmp_path / "other") if reason.startswith("self") else authority
        with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n", tls=make(signer)) as server:
            with pytest.raises(RequestFailed) as failure:
                ask(server.port, url="https://localhost:{}/")
            assert not server.requests
        assert failure.value.why.startswith(f"the certificate of https://localhost:{server.port} is refused: {reason}")

    @pytest.mark.usefixtures("authority")
    def test_an_authority_that_nobody_trusts(self, tmp_path: Path) -> None:
        """Its certificates are as good as none."""
        (tmp_path / "other").mkdir()
        with (
            scripted_server(tls=Authority(tmp_path / "other").server("localhost")) as server,
            pytest.raises(RequestFailed, match="is refused: unable to get local issuer certificate"),
        ):
            ask(server.port, url="https://localhost:{}/")

    def test_a_server_without_tls(self) -> None:
        """What it says in clear is not read as an answer."""
        with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as server, pytest.raises(RequestFailed, match="no TLS with"):
            ask(server.port, 5, url="https://localhost:{}/")

    def test_a_server_that_does_not_begin(self) -> None:
        """The time limit counts during the handshake too."""
        with (
            socket.create_server((HOST, 0)) as silent,
            pytest.raises(RequestTimedOut, match=r"no TLS with https://127.0.0.1:[0-9]+ within 0.3 seconds"),
        ):
            ask(silent.getsockname()[1], SHORT, url="https://127.0.0.1:{}/")


def test_a_header_cannot_begin_another_one() -> None:
    """Even if one had a value that nobody has checked, nothing would be sent."""
    with scripted_server(b"HTTP/1.1 200 OK\r\n\r\n") as server:
        with pytest.raises(RequestFailed, match="what came is no answer of HTTP"):
            ask(server.port, headers={"webhook-id": "1f\r\nX-Forged: 1"})
        assert not server.requests
