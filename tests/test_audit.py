"""`make audit` names what is known to be weak, and never says that all is well where nobody could be asked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import audit, live

WEAK = "django"


async def weaknesses_of(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """A list that knows of one weakness."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    names = [query["package"]["name"] for query in json.loads(body)["queries"]]
    results = [{"vulns": [{"id": "TEST-1"}]} if name == WEAK else {} for name in names]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps({"results": results}).encode()})


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with live.serve(weaknesses_of) as address:
        monkeypatch.setenv("AUDIT_URL", address)
        yield


def test_a_version_that_is_known_to_be_weak_is_named(known: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main() == 1

    said = capsys.readouterr().out
    assert f"{dict(audit.pinned())[WEAK]}: TEST-1" in said
    assert "weaknesses are known of 1" in said


def test_what_nothing_is_known_of_passes(known: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "pinned", lambda: [("uvicorn", "1.0")])

    assert audit.main() == 0


def test_where_nobody_can_be_asked_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDIT_URL", "http://127.0.0.1:1")

    assert audit.main() == 2
    assert "NOT AUDITED" in capsys.readouterr().err
