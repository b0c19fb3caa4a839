"""What the tests' mail server (aiosmtpd) does with mail: it reads each message
as a mail program would and leaves it as a file of JSON."""

import email
import email.policy
import json
import os
import uuid


class Kept:
    """Keeps mail in a folder, and refuses it for refused@ and, for now, busy@."""

    def __init__(self, folder):
        self.folder = folder

    @classmethod
    def from_cli(cls, parser, *args):
        if len(args) != 1:
            parser.error("name the folder that mail is kept in")
        return cls(args[0])

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("refused@"):
            return "550 5.1.1 There is nobody of this name"
        if address.startswith("busy@"):
            return "451 4.2.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
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
