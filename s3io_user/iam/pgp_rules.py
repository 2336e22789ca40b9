"""Checks whether the AWS provider can encrypt to a PGP key, by the rules of the library that it uses (go-crypto).

Those rules accept more than Sequoia's (DSA and ElGamal, Brainpool, SHA-1). For the kinds of keys that both accept,
Sequoia checks the signatures.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from s3io_user import extras

_EXPORT = "gpg --export KEY | base64 -w0"
_SIGN = {"RSAEncryptSign", "RSASign", "DSA", "ECDSA", "EdDSA", "Ed25519", "Ed448"}
_ENCRYPT = {"RSAEncryptSign", "RSAEncrypt", "ElGamalEncrypt", "ECDH", "X25519", "X448"}
_HASHES = {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3_256", "SHA3_512"}
_CERTIFICATIONS = {"GenericCertification", "PersonaCertification", "CasualCertification", "PositiveCertification"}
_ON_USERS = {*_CERTIFICATIONS, "CertificationRevocation"}
_ON_SUBKEYS = {"SubkeyBinding", "SubkeyRevocation"}


@dataclass
class _Part:
    """A key, a subkey or a user ID, with the primary key's signatures on it, oldest first."""

    packet: Any
    signatures: list[Any] = field(default_factory=list)

    def last(self, kinds: Iterable[str]) -> Any:
        signatures = [one for one in self.signatures if _word(one.signature_type) in kinds]
        return max(signatures, key=lambda one: one.signature_created) if signatures else None

    def has_only(self, kinds: Iterable[str]) -> bool:
        return all(_word(one.signature_type) in kinds for one in self.signatures)


def cannot_encrypt(raw: bytes) -> str | None:
    """Why the provider can't encrypt to a key in binary form, or why that can't be checked here; None if it can."""
    if fault := extras.missing("pgp", "the check of a PGP key"):
        return fault
    try:
        return _fault(raw)
    except (RuntimeError, ValueError):  # the library can't read it
        return _NOT_WHOLE


_NOT_WHOLE = f"must be a whole public PGP key: {_EXPORT}"


def _fault(raw: bytes) -> str | None:
    from pysequoia.packet import PacketPile  # imported only here: it is large, and few users need it

    packets = list(PacketPile.from_bytes(raw))
    kind = _word(packets[0].tag) if packets else ""
    if kind == "SecretKey":  # in a state file or config it would be exposed
        return f"must be a public PGP key, and this one is private: {_EXPORT}"
    if kind != "PublicKey":
        return _NOT_WHOLE
    primary, *rest = _parts(packets)
    users = [part for part in rest if _word(part.packet.tag) == "UserID"]
    subkeys = [part for part in rest if _word(part.packet.tag) == "PublicSubkey"]
    if not all(part.has_only(_ON_USERS) for part in users) or not all(part.has_only(_ON_SUBKEYS) for part in subkeys):
        return _NOT_WHOLE
    now = datetime.datetime.now(datetime.timezone.utc)
    return _key_fault(primary, users, now) or _subkeys_fault(primary, users, subkeys, now) or _damage(packets, raw)


def _parts(packets: list[Any]) -> list[_Part]:
    """The packets of the first key in a file, each with its signatures."""
    parts: list[_Part] = []
    for packet in packets:
        kind = _word(packet.tag)
        if parts and kind in ("PublicKey", "SecretKey"):
            break
        if kind == "Signature":
            own = parts[0].packet
            named = packet.issuer_fingerprint
            by_own = named == own.fingerprint if named else packet.issuer_key_id == own.key_id
            if by_own and _word(packet.hash_algorithm) in _HASHES:
                parts[-1].signatures.append(packet)
        else:
            parts.append(_Part(packet))
    return parts


def _key_fault(primary: _Part, users: list[_Part], now: datetime.datetime) -> str | None:
    if _word(primary.packet.key_algorithm) not in _SIGN:
        return "must be a PGP key of a kind that the AWS provider reads: RSA, DSA, ECDSA or EdDSA"
    chosen = _chosen(primary, users)
    if chosen is None:
        return f"must be a PGP key with a user ID that it has signed by a hash like SHA-256: {_EXPORT}"
    user, signature = chosen
    if any(_holds(one, now) for one in primary.signatures if _word(one.signature_type) == "KeyRevocation"):
        return "must be a PGP key that is valid, and this one is revoked"
    if user is not None and any(_holds(one, now) for one in _revocations(user)):
        return "must be a PGP key that is valid, and the user ID of this one is revoked"
    if fault := _time_fault("this one", primary.packet, signature, now):
        return f"must be a PGP key that is valid, and {fault}"
    return None


def _chosen(primary: _Part, users: list[_Part]) -> tuple[_Part | None, Any] | None:
    """The primary user ID and its signature; from version 6, the key itself."""
    if (direct := primary.last(["DirectKey"])) is not None and len(primary.packet.fingerprint) > 40:
        return None, direct
    signed = [(user, one) for user in users if (one := user.last(_CERTIFICATIONS)) is not None]
    return max(
        signed,
        key=lambda each: (-len(_revocations(each[0])), bool(each[1].primary_userid), each[1].signature_created),
        default=None,
    )


def _revocations(user: _Part) -> list[Any]:
    return [one for one in user.signatures if _word(one.signature_type) == "CertificationRevocation"]


def _subkeys_fault(primary: _Part, users: list[_Part], subkeys: list[_Part], now: datetime.datetime) -> str | None:
    faults = list(_of_each(subkeys, now))
    if None in faults:
        return None
    chosen = _chosen(primary, users)
    if chosen and _encrypts(primary.packet, chosen[1]):
        return None
    why = [fault for fault in faults if fault]
    return f"must be a PGP key that can encrypt: {why[-1] if why else 'this one has no encryption subkey'}"


def _of_each(subkeys: list[_Part], now: datetime.datetime) -> Iterator[str | None]:
    """Why each encryption subkey can't be used; None for one that can."""
    for subkey in subkeys:
        binding = subkey.last(["SubkeyBinding"])
        if binding is None or not _encrypts(subkey.packet, binding):
            continue
        if any(_holds(one, now) for one in subkey.signatures if _word(one.signature_type) == "SubkeyRevocation"):
            yield "its encryption subkey is revoked"
        else:
            yield _time_fault("its encryption subkey", subkey.packet, binding, now)


def _encrypts(key: Any, signature: Any) -> bool:
    flags = signature.key_flags
    return flags is not None and flags.transport_encryption and _word(key.key_algorithm) in _ENCRYPT


def _time_fault(what: str, key: Any, signature: Any, now: datetime.datetime) -> str | None:
    made = max(key.key_created, signature.signature_created)
    if made > now:
        return f"{what} was made in the future ({made:%Y-%m-%d})"
    ends = [
        start + length
        for start, length in (
            (key.key_created, signature.key_validity_period),
            (signature.signature_created, signature.signature_validity_period),
        )
        if length
    ]
    return f"{what} expired on {min(ends):%Y-%m-%d}" if ends and min(ends) < now else None


def _holds(revocation: Any, now: datetime.datetime) -> bool:
    length = revocation.signature_validity_period
    return not length or revocation.signature_created + length > now


def _damage(packets: list[Any], raw: bytes) -> str | None:
    from pysequoia import Cert, encrypt

    if not all(_known_to_both(packet) for packet in packets):
        return None
    try:
        encrypt(recipients=[Cert.split_bytes(raw)[0]], bytes=b"a secret")
    except (RuntimeError, ValueError, IndexError):
        return f"must be a whole public PGP key, and this one has a signature that is not valid: {_EXPORT}"
    return None


_CURVES = {
    bytes.fromhex(oid)
    for oid in ("2a8648ce3d030107", "2b81040022", "2b81040023", "2b06010401da470f01", "2b060104019755010501")
}


def _known_to_both(packet: Any) -> bool:
    """Whether Sequoia accepts the key or signature too: RSA from 2,048 bits, NIST curves, 25519 and 448; SHA-2."""
    if _word(packet.tag) == "Signature":
        return _word(packet.hash_algorithm) in ("SHA256", "SHA384", "SHA512")
    if _word(packet.tag) not in ("PublicKey", "PublicSubkey"):
        return True
    # The algorithm's own part follows the version, four bytes of time and the algorithm; from version 6, a length too.
    algorithm, own = _word(packet.key_algorithm), packet.body[6 if packet.body[0] < 6 else 10 :]
    if algorithm.startswith("RSA"):
        return int.from_bytes(own[:2], "big") >= 2048
    if algorithm in ("ECDSA", "EdDSA", "ECDH"):
        return own[1 : 1 + own[0]] in _CURVES
    return algorithm in ("Ed25519", "Ed448", "X25519", "X448")


def _word(value: Any) -> str:
    """The name of an enum value of the library: ``SignatureType.DirectKey`` → ``DirectKey``."""
    return str(value).rpartition(".")[2]
