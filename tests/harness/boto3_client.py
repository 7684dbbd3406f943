"""The vendor's own client as consumers and other people use it: one call a line, one answer a line.

usage: boto3_client.py ENDPOINT KEY_ID SECRET_KEY
Reads {"call": "get_secret_value", "args": {...}} and prints the answer; a call that fails ends it.
"""

import json
import sys

import boto3

endpoint, key_id, secret_key = sys.argv[1:]
session = boto3.Session(aws_access_key_id=key_id, aws_secret_access_key=secret_key, region_name="eu-west-2")
client = session.client("secretsmanager", endpoint_url=endpoint)

for line in sys.stdin:
    asked = json.loads(line)
    answer = getattr(client, asked["call"])(**asked["args"])
    print(json.dumps(answer, default=str), flush=True)
