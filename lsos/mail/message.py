"""A stored mail as the message that goes out."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr

from lsos.mail.models import OutgoingMail
from lsos.mail.writing import one_line


class _Policy(EmailPolicy):
    """Folds headers, except one that holds a long address: folding would encode it, and mail programs not know it."""

    def fold(self, name: str, value: str) -> str:
        """Write one header."""
        return f"{name}: {value}{self.linesep}" if name in _WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write one header as it goes out."""
        return self.fold(name, value).encode() if name in _WHOLE else super().fold_binary(name, value)


_WHOLE = frozenset({"List-Unsubscribe"})
_POLICY = _Policy()


def as_message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """Turn a stored mail into the message that goes out.

    Raises:
        ValueError: the address cannot be written into a message.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = Address(one_line(mail.to_name), addr_spec=mail.to_address)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = mail.created_at
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    #: The same on every try, so that a mail server can tell a repeated one.
    message["Message-ID"] = f"<{mail.uid}@{domain}>"
    if mail.is_automatic is not False:
        message["Auto-Submitted"] = "auto-generated"
    else:
        #: Somebody sent it, to many: programs that answer by themselves keep silent.
        message["Precedence"] = "bulk"
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    html_part = message.get_body(("html",))
    assert isinstance(html_part, EmailMessage)
    for file in mail.attachments:
        if file.content_type.startswith("text/calendar"):
            #: As an alternative, mail programs offer to accept it; as a file, the others can open it.
            message.add_alternative(file.content.decode(), subtype="calendar", params=_parameters(file.content_type))
    for file in mail.attachments:
        maintype, _, subtype = file.content_type.partition(";")[0].partition("/")
        if file.cid:
            html_part.add_related(file.content, maintype, subtype, cid=f"<{file.cid}>", filename=file.filename)
        else:
            message.add_attachment(file.content, maintype, subtype, filename=file.filename)
    #: Last, since a message that gets parts hands its Content- headers down to the first of them.
    message["Content-Language"] = mail.language
    return message


def _parameters(content_type: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in content_type.split(";")[1:])
    return {name: value for name, _, value in pairs if name != "charset"}
