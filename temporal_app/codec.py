"""How payloads are encrypted on their way to Temporal, where keys are set, and read again (AES-256-GCM)."""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

SETTING = "TEMPORAL_PAYLOAD_KEYS"
ENCODING, CIPHER, KEY_ID = "encoding", "encryption-cipher", "encryption-key-id"
ENCRYPTED, AES_GCM = b"binary/encrypted", b"AES-256-GCM"
KEY_BYTES, NONCE_BYTES = 32, 12
# of 32 random bytes, this many differ and some are not printable, but in one of some billions
KEY_VARIETY, PRINTABLE = 16, frozenset(range(32, 127))
MAKE_ONE = "`openssl rand -base64 32` makes one"
NAME = re.compile(r"[\w.-]{1,32}", re.ASCII)


class Undecipherable(Exception):
    """A payload is encrypted with a key that this process does not have; the sentence names the key."""


class EncryptionCodec(PayloadCodec):
    """Encrypts whole payloads with the first key, if there is any, and reads what any of the keys has encrypted.

    What is not encrypted is read as it is: workflows that began before there were keys go on, and operators may send
    signals with Temporal's own tools. The key's id stands beside each payload, and is authenticated with it.

    :param keys: 32 random bytes each, by their ids; without any, only plain payloads can be read
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._first = next(iter(keys), "")

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, encrypted with the first key; as they are where there is none."""
        return [self._encrypted(payload) for payload in payloads] if self._first else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, readable.

        :raises Undecipherable: the key is missing, or another one has the same id
        """
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, key_id = os.urandom(NONCE_BYTES), self._first.encode()
        sealed = self._ciphers[self._first].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={ENCODING: ENCRYPTED, CIPHER: AES_GCM, KEY_ID: key_id}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        key_id = key_of(payload)
        if key_id is None:
            return payload
        if key_id not in self._ciphers:
            raise Undecipherable(f"a payload is encrypted with the key {key_id!r}, which {SETTING} does not name")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plain = self._ciphers[key_id].decrypt(nonce, sealed, key_id.encode())
        except (InvalidTag, ValueError):  # the latter where there is no whole nonce
            raise Undecipherable(
                f"a payload is encrypted with another key {key_id!r} than the one that {SETTING} holds, or is damaged"
            ) from None
        return Payload.FromString(plain)


def key_of(payload: Payload) -> str | None:
    """The id of the key that has encrypted a payload; None where it is plain."""
    if payload.metadata.get(ENCODING) != ENCRYPTED:
        return None
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")[:40]


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload that one of Temporal's messages holds, however deep, those of search attributes among them."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in _parts(value):
                yield from payloads_in(part)


def _parts(value: Any) -> Iterator[Message]:
    """The messages in a field's value: one, several, or those of a map."""
    several = [value] if isinstance(value, Message) else value.values() if hasattr(value, "values") else value
    yield from (part for part in several if isinstance(part, Message))


def parse_keys(text: str) -> dict[str, bytes]:
    """Keys by their ids, as written in the environment: `id:base64,id:base64`. The first is the one that encrypts.

    :raises ValueError: one is malformed, or easy to guess; the sentence holds no part of a key
    """
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
        key_id, separator, encoded = entry.partition(":")
        if not (separator and NAME.fullmatch(key_id)):
            raise ValueError(f"key {place} must be written as id:base64, the id of letters, digits, '.', '_' and '-'")
        if key_id in keys:
            raise ValueError(f"two keys are called {key_id!r}")
        key = _key(key_id, encoded)
        if key in keys.values():
            raise ValueError(f"{key_id!r} is the same key as another one")
        keys[key_id] = key
    return keys


def _key(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, altchars=b"-_" if {"-", "_"} & set(encoded) else None, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the key {key_id!r} is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key {key_id!r} has {len(key)} bytes, not {KEY_BYTES}; {MAKE_ONE}")
    if len(set(key)) < KEY_VARIETY or PRINTABLE.issuperset(key):
        raise ValueError(f"the key {key_id!r} is easy to guess; {MAKE_ONE}")
    return key
