"""Seals what must be readable again but not as it lies in the database: documents, keys of second factors.

AES-256-GCM under a key derived from LOANAPP_DATA_KEY.  The purpose is bound to the seal: what was sealed as one thing
can't be opened as another.
"""

import os
from functools import cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from loanapp.settings import current

_NONCE_BYTES = 12


class SealBroken(Exception):
    """The bytes were changed, sealed with another key, or for another purpose."""


@cache
def _cipher(data_key: str) -> AESGCM:
    return AESGCM(sha256(b"loanapp.vault:" + data_key.encode()).digest())


def seal(content: bytes, purpose: str) -> bytes:
    """Return the content sealed for a purpose, such as `document:<id>`: a fresh nonce and the ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(current().data_key).encrypt(nonce, content, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """Return the content; raise `SealBroken` where the seal does not hold."""
    try:
        return _cipher(current().data_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
