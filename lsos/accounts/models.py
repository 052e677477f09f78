"""Tables of people and of the ways they prove who they are."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.texts import search_key


class Person(Model):
    """One human being, however many hats and addresses."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("language IN ('pl', 'en')", name="language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    given_name: Mapped[str]
    family_name: Mapped[str] = mapped_column(default="")
    #: Folded name and addresses, so that "lukasz" finds Łukasz.
    search_key: Mapped[str] = mapped_column(default="", index=True)
    language: Mapped[str] = mapped_column(String(2), default="pl")
    password_hash: Mapped[str | None]
    #: Made up for a demonstration; pages say so.
    is_invented: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    #: Everything that was known of them is erased; what is left are figures, and this empty shell that they hang on.
    erased_at: Mapped[datetime | None]
    #: They came to an event that began then, or earlier, of which their registration is theirs no more.
    first_came_on: Mapped[date | None]

    emails: Mapped[list["EmailAddress"]] = relationship(
        back_populates="person", order_by="EmailAddress.is_primary.desc()", cascade="all, delete-orphan"
    )

    @property
    def name(self) -> str:
        """Give the name exactly as its owner writes it."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def email(self) -> str:
        """Give the address mail goes to; empty when there is none."""
        return self.emails[0].address if self.emails else ""

    def fold(self) -> None:
        """Renew the folded name and addresses, which searches read and lists are ordered by: family name first."""
        self.search_key = search_key(self.family_name, self.given_name, *(email.address for email in self.emails))


class EmailAddress(Model):
    """An address; one person at most holds it, and one of a person's is the primary."""

    __tablename__ = "email_address"
    __table_args__ = (
        Index(
            "uq_email_address_primary",
            "person_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    #: Lower case; the unique key is the rule "one address, one person".
    address: Mapped[str] = mapped_column(String(254), unique=True)
    is_primary: Mapped[bool] = mapped_column(default=True)
    verified_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="emails")


class SignInLink(Model):
    """A link sent by mail; it opens one session once, until it expires. Only its hash is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    email_id: Mapped[int | None] = mapped_column(ForeignKey("email_address.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: Where to go after signing in: a path of ours.
    next_path: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship()
    email: Mapped[EmailAddress | None] = relationship()


class UserSession(Model):
    """One browser in which somebody is signed in; the cookie carries a key of which only the hash is kept."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: Browser and system in words, such as "Firefox, Android"; nothing finer is kept.
    device: Mapped[str] = mapped_column(String(120), default="")
    by_password: Mapped[bool] = mapped_column(default=False)
    #: A one-time code was given as well.
    by_second_factor: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    #: Coarse: written at most once an hour.
    last_seen_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class TotpDevice(Model):
    """An app that shows one-time codes (RFC 6238); its secret is made of the seed and the platform's own key."""

    __tablename__ = "totp_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    seed: Mapped[str] = mapped_column(String(64))
    #: The time step of the code used last; neither it nor an earlier one is taken again.
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    #: None until its first code was typed, and the device counts for nothing till then.
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """A code on paper for the day when the device is lost; each works once, and only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None]


class PersonForward(Model):
    """Two records were one human being: where what was known of the one is kept now."""

    __tablename__ = "person_forward"

    gone_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class Passkey(Model):
    """A key of a device or a password manager (WebAuthn); it proves both the device and its holder at once."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    #: As its device calls it, in base64url; at most 1,023 bytes by the standard.
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes]
    #: Raised by devices that count; one that falls back was copied.
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class ErasedAddress(Model):
    """An address whose holder had all of it erased: nobody is to write there of our own accord. Only a hash is kept."""

    __tablename__ = "erased_address"

    #: Made with the platform's own key, so that it tells nothing to whoever has the table alone.
    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
