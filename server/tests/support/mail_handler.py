"""What the tests' mail server (aiosmtpd) does with mail: it reads each message
as a mail program would and leaves it as a file of JSON."""

import asyncio
import email
import email.policy
import json
import os
import uuid


class Kept:
    """Keeps mail in a folder, and refuses it for refused@, relay@ and, for now, busy@. What it answers
    for closing@ and breaking@ ends the conversation, for strange@ and long@ it can't be read, for silent@ it is held
    back, and so it is for slow@ once there is the whole message. Each further argument is a step with
    what is answered there: "MAIL 550 5.7.1 Not from you"."""

    def __init__(self, folder, refusals):
        self.folder = folder
        self.refusals = refusals

    @classmethod
    def from_cli(cls, parser, *args):
        if not args:
            parser.error("name the folder that mail is kept in")
        return cls(args[0], dict(refusal.split(" ", 1) for refusal in args[1:]))

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return [self.refusals["EHLO"]] if "EHLO" in self.refusals else responses

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if "MAIL" in self.refusals:
            return self.refusals["MAIL"]
        if "SMTPUTF8" in mail_options and "SMTPUTF8" in self.refusals:
            return self.refusals["SMTPUTF8"]
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        if address.startswith("relay@"):
            return "554 5.7.1 <%s>: Relay access denied" % address
        if address.startswith("refused@"):
            return "550 5.1.1 There is nobody of this name"
        if address.startswith("busy@"):
            return "451 4.2.1 Try again later"
        if address.startswith("closing"):
            return "421 4.7.0 Closing"
        if address.startswith("breaking@"):
            server.transport.abort()
        if address.startswith("strange@"):
            return "571 Delivery not authorized"
        if address.startswith("long@"):
            return "550 " + "x" * 100_000
        if address.startswith("silent@"):
            await asyncio.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        if any(address.startswith("slow@") for address in envelope.rcpt_tos):
            await asyncio.sleep(3)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
            "hello": session.host_name,
            "encrypted": server.transport.get_extra_info("sslcontext") is not None,
            "from": envelope.mail_from,
            "options": envelope.mail_options,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "body": message.get_content().replace("\r\n", "\n"),
            "raw": envelope.content.decode("utf-8", "replace"),
        }
        name = os.path.join(self.folder, str(uuid.uuid4()))
        with open(name + ".part", "w", encoding="utf-8") as file:
            json.dump(kept, file)
        os.rename(name + ".part", name + ".json")
        return "250 OK"
