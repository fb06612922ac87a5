"""A mail server and a web server on loopback that write down what they get, a
JSON object a line, and behave as the addresses say.

servers.py DIRECTORY MAIL_PORT WEB_PORT CERTIFICATE SECRET

Mail to:  refused@  550 for ever      later@  451 the first time
          hang@     no answer         drop@   the connection is closed, the first time
Web:      /ok  200    /gone  410    /flaky  500 the first time    /hang  no answer
While DIRECTORY/down is there, the mail server takes nobody.
"""
import asyncio, email, email.policy, hashlib, hmac, json, os, ssl, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

directory, mail_port, web_port, certificate, secret = sys.argv[1:]
seen = set()
lock = threading.Lock()


def note(name, what):
    with lock, open(os.path.join(directory, name), "a") as file:
        file.write(json.dumps(what) + "\n")


def first_time(what):
    with lock:
        new = what not in seen
        seen.add(what)
        return new


class Mail:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if os.path.exists(os.path.join(directory, "down")):
            return "421 down for maintenance"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 no such user"
        if name == "later" and first_time("later"):
            return "451 try again later"
        if name == "hang":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(to.startswith("drop@") for to in envelope.rcpt_tos) and first_time("drop"):
            server.transport.abort()
            return "250 never said"
        raw = envelope.original_content
        message = email.message_from_bytes(raw, policy=email.policy.default)
        part = next(p for p in message.walk() if not p.is_multipart())
        note("mails", {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "header_to": str(message["To"]),
            "subject": str(message["Subject"]), "id": message["Message-ID"], "headers": sorted(k.lower() for k in message.keys()),
            "type": part.get_content_type(), "charset": part.get_content_charset(), "body": part.get_content(),
            "longest_line": max(len(line) for line in raw.split(b"\r\n")), "date": str(message["Date"]),
            "is_ascii": all(byte < 128 for byte in raw), "bare_lf": raw.replace(b"\r\n", b"").count(b"\n"),
            "user": session.authenticated and session.auth_data.decode(), "tls": session.ssl is not None})
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"clerk" and data.password == b"s3cret"
    return AuthResult(success=good, auth_data=data.login, handled=good)


class TLS(Controller):
    def factory(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return SMTP(self.handler, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate)


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers.get("X-Smartwf-Timestamp", "").encode() + b"." + body
        good = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if self.path.startswith("/hang"):
            threading.Event().wait(3600)
        status = 410 if self.path.startswith("/gone") else 500 if self.path.startswith("/flaky") and first_time("flaky") else 200
        note("pushes", {"path": self.path, "status": status, "body": json.loads(body), "type": self.headers["Content-Type"],
                        "key": self.headers["Idempotency-Key"], "is_signed": self.headers.get("X-Smartwf-Signature") == good})
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


plain = Controller(Mail(), hostname="127.0.0.1", port=int(mail_port))
plain.start()
secure = TLS(Mail(), hostname="127.0.0.1", port=int(mail_port) + 1)
secure.start()
web = ThreadingHTTPServer(("127.0.0.1", int(web_port)), Web)
web.daemon_threads = True
open(os.path.join(directory, "ready"), "w").close()
web.serve_forever()
