"""A short e-mail: title, TLP and link, nothing else."""

import smtplib
from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings as configuration
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from ..contract import Connector, Content, Message, NotAccepted, Sent, Setting, Target


class EmailConnector(Connector):
    """Goes through the mail server of the installation (EMAIL_HOST)."""

    label = "E-mail"
    explanation = "Sends title, TLP and link to people through the installation's mail server. E-mail is not encrypted."
    settings = (Setting("to", "To", "E-mail addresses, separated by commas; at most ten."),)

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Each address."""
        addresses = _addresses(settings)
        if len(addresses) > 10:
            return [("to", "Name at most ten addresses; a mailing list takes more.")]
        try:
            for address in addresses:
                validate_email(address)
        except ValidationError:
            return [("to", "Give e-mail addresses separated by commas.")]
        return []

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """Subject and text."""
        marking = f"[TLP:{content.tlp}] " if content.tlp else ""
        headline = " ".join(content.headline.split())[:200]
        text = "\n".join(line for line in (headline, f"TLP:{content.tlp}" if content.tlp else "", content.link) if line)
        return orjson.dumps({"subject": marking + headline, "text": text + "\n"}).decode()

    def send(self, message: Message, target: Target) -> Sent:
        """One e-mail with a Message-ID of our own, so that a mailbox recognises what it has got before."""
        if not configuration.EMAIL_HOST:
            raise NotAccepted("mail_not_configured")
        content = orjson.loads(message.body)
        mail = EmailMessage(
            content["subject"], content["text"], to=_addresses(target.settings),
            headers={"Message-ID": f"<{message.id}@caseward>", "Auto-Submitted": "auto-generated"},
            connection=get_connection(timeout=target.seconds),
        )  # fmt: skip
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused:
            raise NotAccepted("mail_refused", is_final=True) from None
        except smtplib.SMTPResponseException as error:
            raise NotAccepted(f"smtp_{error.smtp_code}", is_final=500 <= error.smtp_code < 600) from None
        except (smtplib.SMTPException, OSError):
            raise NotAccepted("mail_server_away") from None
        return Sent(None)


def _addresses(settings: Mapping[str, Any]) -> list[str]:
    return [address.strip() for address in str(settings.get("to", "")).split(",") if address.strip()]
