"""AWS Secrets Manager, STS and IAM for the stories: moto, with a hand on the line.

Prints its port, serves on loopback, and ends when its standard input closes.

moto keeps its secrets in dictionaries that know no threads, so requests go through one at a time; AWS changes
a secret in one piece as well. POST /twinkey/fault arms one fault for the next request of an operation:

  {"operation": "PutSecretValue", "how": "refuse", "status": 400, "code": "…", "message": "…"}
  {"operation": "PutSecretValue", "how": "lose-request"}     the line is cut and nothing is done
  {"operation": "PutSecretValue", "how": "lose-answer"}      it is done, and the line is cut
  {"operation": "PutSecretValue", "how": "stall"}            nothing is done, and no answer comes
  {"operation": "PutSecretValue", "how": "page"}             a page answers that is not AWS

GET /twinkey/operations lists the operations since it was last asked.

A region of any name is an account of its own, as it were. POST /twinkey/copy {"from": …, "to": …} makes the secrets of
one region those of another one too; POST /twinkey/were-current {"region": …, "secret": …} tells how many versions of a
secret were ever current, which its labels do not.
"""

import copy
import json
import logging
import os
import socket
import sys
import threading
import time

os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends
from werkzeug.serving import make_server

moved = SecretsManagerBackend.update_secret_version_stage


def move(self, secret_id, version_stage, remove_from_version_id, move_to_version_id):
    """moto moves the label and goes on serving the old version to those who name none. AWS documents that they
    get AWSCURRENT."""
    answer = moved(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == "AWSCURRENT":
        self.secrets[secret_id].set_default_version_id(move_to_version_id)
    return answer


SecretsManagerBackend.update_secret_version_stage = move
moto = DomainDispatcherApplication(create_backend_app)
one_at_a_time = threading.Lock()
faults, operations = [], []
WRITES = ["CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"]


def secrets(region):
    return secretsmanager_backends[DEFAULT_ACCOUNT_ID][region].secrets


def note_current(environ):
    """Adds to each secret of the region, if it is another one by now, the version that is current."""
    region = environ.get("HTTP_AUTHORIZATION", "").split("/")[2:3]
    for secret in dict.values(secrets(region[0])) if region else []:
        past = secret.__dict__.setdefault("were_current", [])
        current = [id for id, version in secret.versions.items() if "AWSCURRENT" in version["version_stages"]]
        if current and past[-1:] != current:
            past += current


def done(environ, start_response):
    body = list(moto(environ, start_response))
    if environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2] in WRITES:
        note_current(environ)
    return body


def answer(start_response, status, kind, body):
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def cut(environ):
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return []


def serve(environ, start_response):
    if environ["PATH_INFO"] == "/twinkey/fault":
        faults.append(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        return answer(start_response, "200 OK", "text/plain", b"")
    if environ["PATH_INFO"] == "/twinkey/operations":
        seen, operations[:] = list(operations), []
        return answer(start_response, "200 OK", "application/json", json.dumps(seen).encode())

    if environ["PATH_INFO"] == "/twinkey/copy":
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with one_at_a_time:
            secrets(asked["to"]).update(copy.deepcopy(dict(secrets(asked["from"]))))
        return answer(start_response, "200 OK", "text/plain", b"")
    if environ["PATH_INFO"] == "/twinkey/were-current":
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with one_at_a_time:
            found = secrets(asked["region"]).get(asked["secret"])
        count = len(found.were_current) if found else 0
        return answer(start_response, "200 OK", "application/json", json.dumps(count).encode())

    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    operations.append(operation)
    fault = next((fault for fault in faults if fault["operation"] == operation), None)
    if fault is None:
        with one_at_a_time:
            return done(environ, start_response)
    faults.remove(fault)
    if fault["how"] == "refuse":
        body = json.dumps({"__type": fault["code"], "message": fault["message"]}).encode()
        return answer(start_response, f"{fault['status']} Refused", "application/x-amz-json-1.1", body)
    if fault["how"] == "page":
        return answer(start_response, "200 OK", "text/html", b"<html>It works!</html>")
    if fault["how"] == "stall":
        time.sleep(30)
    if fault["how"] == "lose-answer":
        with one_at_a_time:
            done(environ, lambda *_: None)
    return cut(environ)


def until_stdin_closes():
    sys.stdin.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
threading.Thread(target=until_stdin_closes, daemon=True).start()
http = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=MotoRequestHandler)
print(http.server_port, flush=True)
http.serve_forever()
