"""The sealed text of the paper's system (its figure 5), with PyCryptodome.

    RSA(key) | IV | AES-256-CBC(key, IV, text with spaces up to a multiple of 16)

The receiver's key has 2,048 bits and is loaded once; AES key and IV are fresh for each text. PKCS1_OAEP does what it
does by default: SHA-1, no label. host-sim/suite-0/format.ts reads the same bytes.
"""
from Cryptodome.Cipher import AES, PKCS1_OAEP
from Cryptodome.PublicKey import RSA
from Cryptodome.Random import get_random_bytes

WRAPPED_SIZE = 256
KEY_SIZE = 32
BLOCK_SIZE = 16
HEAD_SIZE = WRAPPED_SIZE + BLOCK_SIZE


def load(path):
    """A cipher for the key in a PEM file: wraps with a public one, unwraps with a private one."""
    with open(path, "rb") as file:
        return PKCS1_OAEP.new(RSA.import_key(file.read()))


def seal(receiver, text):
    data = text.encode()
    data += b" " * (-len(data) % BLOCK_SIZE)
    key = get_random_bytes(KEY_SIZE)
    iv = get_random_bytes(BLOCK_SIZE)
    return receiver.encrypt(key) + iv + AES.new(key, AES.MODE_CBC, iv).encrypt(data)


def unseal(own, sealed):
    """Raises ValueError for what was not sealed for this key."""
    sealed = memoryview(sealed)
    key = own.decrypt(bytes(sealed[:WRAPPED_SIZE]))
    iv = sealed[WRAPPED_SIZE:HEAD_SIZE]
    data = AES.new(key, AES.MODE_CBC, iv).decrypt(sealed[HEAD_SIZE:])
    return data.rstrip(b" ").decode()
