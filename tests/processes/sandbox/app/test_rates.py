"""Exchange rates are imported, and every bad source is exit code 3 and changes nothing."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.app.shop.errors import SourceError
from sandbox.app.shop.rates import MAX_BYTES, parse_rates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Workshop

GOOD = "currency,rate\nUSD,1.09\nJPY,162\n"
IMPORTED = "SELECT day, currency, rate FROM rates WHERE day = '2026-03-28'"
ROWS = [("2026-03-28", "JPY", "162"), ("2026-03-28", "USD", "1.09")]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the test's directory on loopback and return its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("text", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")], ids=["plain", "bom", "crlf"])
def test_file_is_imported_for_the_day_of_the_tick(workshop: Workshop, by: str, text: str) -> None:
    """A CSV file from the option or the environment becomes the day's rates."""
    source = workshop.directory / "rates.csv"
    source.write_text(text, encoding="utf-8", newline="")
    wrong = {"RATES_SOURCE": "/no/such"}
    command, environment = (f"import_rates --source {source}", wrong) if by == "option" else ("import_rates", {})
    assert workshop.run(command, **(environment or {"RATES_SOURCE": str(source)})) == 0
    assert sorted(workshop.query(IMPORTED)) == ROWS


def test_address_is_fetched(workshop: Workshop, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An http address is imported, and the part after its ? is not printed."""
    (workshop.directory / "rates.csv").write_text(GOOD)
    assert workshop.run("import_rates", RATES_SOURCE=f"{server}/rates.csv?token=secret") == 0
    assert sorted(workshop.query(IMPORTED)) == ROWS
    assert capsys.readouterr().out == f"2026-03-28: imported 2 rates from {server}/rates.csv\nJPY USD\n"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param("", "no source of rates: set RATES_SOURCE", id="none"),
        pytest.param("/no/such/rates.csv", "/no/such/rates.csv: cannot be read: ", id="no-file"),
        pytest.param("{directory}", "Is a directory", id="directory"),
        pytest.param("{server}/absent.csv", "/absent.csv: cannot be read: HTTP Error 404", id="not-found"),
        pytest.param("http://127.0.0.1:1/rates", "/rates: cannot be read: ", id="refused"),
        pytest.param("http://127.0.0.1:port/rates", "/rates: cannot be read: ", id="bad-port"),
        pytest.param("file:///etc/passwd", "must be http:// or https://", id="scheme"),
        pytest.param("https://ann:secret@example.invalid/", "without user name and password", id="credentials"),
        pytest.param("{directory}/large.csv", f"larger than {MAX_BYTES} bytes", id="too-large"),
        pytest.param("{directory}/binary.csv", "codec can't decode", id="binary"),
    ],
)
def test_unusable_source_is_exit_code_3(
    workshop: Workshop, server: str, capsys: pytest.CaptureFixture[str], source: str, problem: str
) -> None:
    """A missing, unreachable or unreadable source is reported in one line without its secrets."""
    (workshop.directory / "large.csv").write_text("currency,rate\n" + " " * MAX_BYTES)
    (workshop.directory / "binary.csv").write_bytes(b"\xff\xfe\x00")
    source = source.format(directory=workshop.directory, server=server)
    assert workshop.run("import_rates", RATES_SOURCE=source) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert problem in err
    assert err.count("\n") == 1
    assert "secret" not in err
    assert workshop.query(IMPORTED) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("USD,1.08\n", 1, id="no-header"),
        pytest.param("currency,rate\n", 2, id="header-only"),
        pytest.param("currency,rate\nUSD,1.08\nusd,1\n", 3, id="lower-case"),
        pytest.param("currency,rate\nUSD,1.08\nUSD,1.09\n", 3, id="twice"),
        pytest.param("currency,rate\nUSD,0.00\n", 2, id="zero"),
        pytest.param("currency,rate\nUSD,-1\n", 2, id="negative"),
        pytest.param("currency,rate\nUSD,nan\n", 2, id="nan"),
        pytest.param("currency,rate\nUSD,1e3\n", 2, id="exponent"),
        pytest.param("currency,rate\nUSD\n", 2, id="no-rate"),
        pytest.param("currency,rate\nUSD,1,2\n", 2, id="third-column"),
        pytest.param('currency,rate\n"' + "x" * 200_000, 2, id="field-too-long"),
        pytest.param("<html><body>Sign in</body></html>\n", 1, id="html"),
    ],
)
def test_malformed_text_names_its_line(text: str, line: int) -> None:
    """The error names the first line that is not a rate, and no rate is returned."""
    with pytest.raises(SourceError, match=rf"\Arates\.csv: line {line}: [^\n]+\Z"):
        parse_rates(text, "rates.csv")


@given(st.text() | st.text('USD,.0123456789\r\n"').map("currency,rate\n".__add__))
def test_any_text_is_rates_or_a_source_error(text: str) -> None:
    """Any text is a SourceError or positive rates, never another exception."""
    try:
        rates = parse_rates(text, "rates.csv")
    except SourceError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert rates
        assert all(len(currency) == 3 and float(rate) > 0 for currency, rate in rates.items())
