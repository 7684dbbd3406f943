"""What somebody writes who needs a rotation on Secrets Manager by Friday: create, set, test, finish, with boto3.

usage: rotate_boto3.py ENDPOINT REGION TOKEN_URL
Makes the pair in app/go-next the one in app/go, if it gets a token.
"""

import json
import sys
import urllib.parse
import urllib.request

import boto3

endpoint, region, token_url = sys.argv[1:]
session = boto3.Session(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="not-checked", region_name=region)
secrets = session.client("secretsmanager", endpoint_url=endpoint)

# create: the next pair, put aside.
live = secrets.get_secret_value(SecretId="app/go")
fresh = json.loads(secrets.get_secret_value(SecretId="app/go-next")["SecretString"])
text = json.dumps({**json.loads(live["SecretString"]), **fresh})
put = secrets.put_secret_value(SecretId="app/go", SecretString=text, VersionStages=["AWSPENDING"])
# set: a person has done that in the portal.
# test
form = {
    "grant_type": "client_credentials",
    "scope": "gbg.token",
    "client_id": fresh["client_id"],
    "client_secret": fresh["client_secret"],
}
with urllib.request.urlopen(token_url, urllib.parse.urlencode(form).encode(), timeout=15) as answer:
    json.load(answer)["access_token"]
# finish
secrets.update_secret_version_stage(
    SecretId="app/go",
    VersionStage="AWSCURRENT",
    MoveToVersionId=put["VersionId"],
    RemoveFromVersionId=live["VersionId"],
)
