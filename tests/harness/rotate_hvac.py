"""What somebody writes who needs a rotation on Vault by Friday: create, set, test, finish, with hvac.

usage: rotate_hvac.py ADDRESS TOKEN MOUNT TOKEN_URL
Makes the pair at app/go-next the one at app/go, if it gets a token.
"""

import sys

import hvac
import requests

address, token, mount, token_url = sys.argv[1:]
kv = hvac.Client(url=address, token=token).secrets.kv.v2


def read(path):
    return kv.read_secret_version(path=path, mount_point=mount, raise_on_deleted_version=True)["data"]


def write(path, pair, **condition):
    kv.create_or_update_secret(path=path, mount_point=mount, secret=pair, **condition)


# create: the next pair, put aside.
live, fresh = read("app/go"), read("app/go-next")["data"]
write("app/go-pending", fresh)
# set: a person has done that in the portal.
# test
form = {
    "grant_type": "client_credentials",
    "scope": "gbg.token",
    "client_id": fresh["client_id"],
    "client_secret": fresh["client_secret"],
}
answer = requests.post(token_url, data=form, timeout=15)
answer.raise_for_status()
answer.json()["access_token"]
# finish
write("app/go", {**live["data"], **fresh}, cas=live["metadata"]["version"])
