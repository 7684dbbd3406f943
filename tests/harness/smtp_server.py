"""A mail server for the stories: aiosmtpd, with TLS and authentication.

Takes the path of a certificate, that of its key, a user name and a password. Prints its ports as one JSON object, then
each mail that it took as another, serves on loopback, and ends when its standard input closes.

Three ports: with STARTTLS, which it insists on; with TLS from the first byte; and in the clear, without STARTTLS and
without login. Who is written to decides what happens: gone@ is refused for good, busy@ for now, slow@ after a minute.
"""

import asyncio
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

certificate, key, user, password = sys.argv[1:5]
# Its words about a login without TLS of its own do not know that the whole connection is TLS.
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "gone":
            return "550 5.1.1 no such person here"
        if name == "busy":
            return "451 4.3.0 come back later"
        if name == "slow":
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
            "tls": bool(session.ssl) or server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data.login.decode() if session.authenticated else None,
        }
        print(json.dumps(mail), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=right, auth_data=data, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    login = {"authenticator": authenticate, "auth_required": True}

    def starttls():
        return SMTP(Handler(), tls_context=context, require_starttls=True, **login)

    def implicit():
        return SMTP(Handler(), auth_require_tls=False, **login)

    def plain():
        return SMTP(Handler())

    loop = asyncio.get_running_loop()
    servers = {
        "starttls": await loop.create_server(starttls, "127.0.0.1", 0),
        "implicit": await loop.create_server(implicit, "127.0.0.1", 0, ssl=context),
        "plain": await loop.create_server(plain, "127.0.0.1", 0),
    }
    print(json.dumps({name: server.sockets[0].getsockname()[1] for name, server in servers.items()}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
