"""Addresses whose holders had everything erased: known again by a keyed hash, and not written to of our own accord."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lsos.accounts.models import EmailAddress, ErasedAddress
from lsos.accounts.queries import fold_address
from lsos.accounts.rules import WritingRefusal
from lsos.errors import Refused


def address_hash(address: str) -> str:
    """Give what is kept of an address; without the platform's key nobody can try addresses against it."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"erased-address:{fold_address(address)}".encode(), hashlib.sha256).hex()


def remember(session: Session, addresses: Collection[str], *, now: datetime) -> None:
    """Keep in mind that nobody is to write to these addresses."""
    hashes = {address_hash(address) for address in addresses}
    known = set(session.scalars(select(ErasedAddress.address_hash).where(ErasedAddress.address_hash.in_(hashes))))
    session.add_all(ErasedAddress(address_hash=one, at=now) for one in sorted(hashes - known))
    session.flush()


def forget(session: Session, address: str) -> None:
    """Let an address be written to again: its holder came back by themselves."""
    session.execute(delete(ErasedAddress).where(ErasedAddress.address_hash == address_hash(address)))


def erased_among(session: Session, addresses: Collection[str]) -> set[str]:
    """Say which of these addresses belong to people who had everything erased, and did not come back since.

    Whatever lets somebody cause a letter to an address that they typed asks this, or `refuse_erased`.
    """
    by_hash = {address_hash(address): address for address in addresses}
    wanted = sorted(by_hash)
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found |= set(session.scalars(select(ErasedAddress.address_hash).where(ErasedAddress.address_hash.in_(part))))
    gone = {fold_address(by_hash[one]): by_hash[one] for one in found}
    folded = sorted(gone)
    for start in range(0, len(folded), 500):
        part = folded[start : start + 500]
        held = select(EmailAddress.address).where(EmailAddress.address.in_(part), EmailAddress.verified_at.is_not(None))
        for address in session.scalars(held).all():
            del gone[address]
    return set(gone.values())


def refuse_erased(session: Session, address: str) -> None:
    """Let nobody cause a letter to the address of somebody who had everything erased.

    Raises:
        Refused: it is one.
    """
    if erased_among(session, [address]):
        raise Refused(WritingRefusal.ERASED)
