"""A real OAuth2 authorization server for the stories: Authlib decides about clients, secrets and grants.

usage: authlib_server.py TOKEN_LIFETIME_SECONDS
Prints its port, serves on loopback, and ends when its standard input closes.
"""

import logging
import os
import secrets
import sys
import threading

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from flask import Flask, abort, jsonify, request
from werkzeug.serving import make_server

SCOPE = "gbg.token"
USER, PASSWORD = "api-user", "api-password"


class Client(ClientMixin):
    def __init__(self, client_id, secret):
        self.client_id, self.secret = client_id, secret

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return " ".join(part for part in (scope or "").split() if part == SCOPE)

    def check_redirect_uri(self, redirect_uri):
        return False

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_post", "client_secret_basic")

    def check_response_type(self, response_type):
        return False

    def check_grant_type(self, grant_type):
        return grant_type in ("client_credentials", "password")


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post", "client_secret_basic"]


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post", "client_secret_basic"]

    def authenticate_user(self, username, password):
        return USER if (username, password) == (USER, PASSWORD) else None


def new_secret():
    # Characters that forms, Basic and shells treat specially: they must all survive.
    return "s+" + secrets.token_urlsafe(24) + "%/&=: x"


clients = {}
for letter in "ab":
    client_id = f"client-{letter}-{secrets.token_hex(6)}"
    clients[client_id] = Client(client_id, new_secret())

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback, no TLS
app = Flask(__name__)
app.config["OAUTH2_SCOPES_SUPPORTED"] = [SCOPE]
lifetime = int(sys.argv[1])
app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": lifetime, "password": lifetime}
server = AuthorizationServer(app, query_client=clients.get, save_token=lambda token, request: None)
server.register_grant(ClientCredentials)
server.register_grant(Password)


@app.post("/as/token.oauth2")
def token():
    return server.create_token_response()


@app.get("/admin/clients")
def list_clients():
    return jsonify([{"client_id": client.client_id, "client_secret": client.secret} for client in clients.values()])


@app.post("/admin/clients")
def put_client():
    client = Client(request.json["client_id"], request.json["client_secret"])
    clients[client.client_id] = client
    return jsonify(client_id=client.client_id, client_secret=client.secret)


@app.post("/admin/clients/<client_id>/regenerate")
def regenerate(client_id):
    if client_id not in clients:
        abort(404)
    clients[client_id].secret = new_secret()
    return jsonify(client_id=client_id, client_secret=clients[client_id].secret)


def until_stdin_closes():
    sys.stdin.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
threading.Thread(target=until_stdin_closes, daemon=True).start()
http = make_server("127.0.0.1", 0, app, threaded=True)
print(http.server_port, flush=True)
http.serve_forever()
