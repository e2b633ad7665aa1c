"""Payloads that only the shop can read: with which keys, and what is said where one is missing."""

import asyncio
import base64
import os
from collections.abc import Sequence

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from temporal_app.client.calls import translated
from temporal_app.client.errors import StillWorking
from temporal_app.codec import KEY_ID, EncryptionCodec, Undecipherable, key_of, parse_keys, payloads_in
from temporal_app.converter import converter_with

OLD, NEW = {"old": os.urandom(32)}, {"new": os.urandom(32)}
SECRET = Payload(metadata={"encoding": b"json/plain"}, data=b'"Alice lives in Obere Str."')


def encoded(keys: dict[str, bytes], payload: Payload = SECRET) -> Payload:
    return asyncio.run(EncryptionCodec(keys).encode([payload]))[0]


def decoded(keys: dict[str, bytes], payload: Payload) -> Payload:
    return asyncio.run(EncryptionCodec(keys).decode([payload]))[0]


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_nothing_of_an_encrypted_payload_can_be_read_but_the_name_of_its_key() -> None:
    first, second = encoded(OLD), encoded(OLD)

    assert key_of(first) == "old"
    assert b"Alice" not in first.SerializeToString()
    assert b"json" not in first.SerializeToString()
    assert first != second
    assert decoded(OLD, first) == SECRET


def test_the_first_key_encrypts_and_all_of_them_decrypt() -> None:
    assert key_of(encoded(NEW | OLD)) == "new"
    assert decoded(NEW | OLD, encoded(OLD)) == SECRET
    assert decoded(OLD | NEW, encoded(NEW)) == SECRET


def test_without_keys_payloads_stay_as_they_are_and_plain_ones_are_read_with_keys_too() -> None:
    assert encoded({}) == SECRET
    assert decoded({}, SECRET) == decoded(OLD, SECRET) == SECRET


@pytest.mark.parametrize("keys", [{}, NEW], ids=["no key", "another key"])
def test_a_missing_key_is_named(keys: dict[str, bytes]) -> None:
    with pytest.raises(Undecipherable, match="encrypted with the key 'old', which TEMPORAL_PAYLOAD_KEYS does not name"):
        decoded(keys, encoded(OLD))


def renamed(payload: Payload) -> Payload:
    payload.metadata[KEY_ID] = b"new"
    return payload


def changed(payload: Payload) -> Payload:
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    return payload


def cut_off(payload: Payload) -> Payload:
    payload.data = payload.data[:5]
    return payload


@pytest.mark.parametrize("spoilt", [renamed(encoded(OLD)), changed(encoded(NEW)), cut_off(encoded(NEW))])
def test_what_was_encrypted_with_another_key_of_that_name_or_is_damaged_is_refused(spoilt: Payload) -> None:
    with pytest.raises(Undecipherable, match="another key 'new'"):
        decoded(OLD | NEW, spoilt)


def test_a_failure_says_nothing_but_that_it_is_one() -> None:
    converter, failure = converter_with(OLD), Failure()

    asyncio.run(converter.encode_failure(ApplicationError("Alice has no money", {"street": "Obere Str."}), failure))

    assert {key_of(payload) for payload in payloads_in(failure)} == {"old"}
    assert not [word for word in (b"Alice", b"Obere", b".py") if word in failure.SerializeToString()]
    read = asyncio.run(converter.decode_failure(failure))
    assert "Alice has no money" in str(read)


def test_a_person_whose_answer_cannot_be_read_is_told_to_look_again_and_the_log_names_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(StillWorking), translated():
        decoded(NEW, encoded(OLD))

    assert "cannot be read: a payload is encrypted with the key 'old'" in caplog.text


def test_keys_are_written_with_their_names_in_either_alphabet_of_base64() -> None:
    key = bytes([251, 255]) + os.urandom(30)
    text = f" 2026-11:{written(key)}, old:{base64.urlsafe_b64encode(OLD['old']).decode()},"

    assert list(parse_keys(text).items()) == [("2026-11", key), ("old", OLD["old"])]
    assert parse_keys(f"a:{base64.urlsafe_b64encode(key).decode()}") == {"a": key}
    assert parse_keys("") == {}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([written(OLD["old"])], "must be written as id:base64"),
        ([f"a b:{written(OLD['old'])}"], "must be written as id:base64"),
        (["a:not base64!"], "is not base64"),
        (["a:äöü"], "is not base64"),
        ([f"a:{written(os.urandom(16))}"], "has 16 bytes, not 32"),
        ([f"a:{written(b'correct horse battery staple 123')}"], "is easy to guess"),
        ([f"a:{written(bytes(32))}"], "is easy to guess"),
        ([f"a:{written(OLD['old'])}", f"a:{written(NEW['new'])}"], "two keys are called 'a'"),
        ([f"a:{written(OLD['old'])}", f"b:{written(OLD['old'])}"], "'b' is the same key as another one"),
    ],
)
def test_a_key_that_is_weak_or_malformed_is_refused_without_being_shown(entries: Sequence[str], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        parse_keys(",".join(entries))

    assert not [entry for entry in entries if entry.partition(":")[2] and entry.partition(":")[2] in str(refused.value)]
