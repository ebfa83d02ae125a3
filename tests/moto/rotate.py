"""`awsenv rotate` on moto: afterwards the user has the new key and no other, and the old one is nobody's."""

import json

import boto3
import botocore.exceptions


class Rotate:
    def __init__(self, runner, account, key):
        self.runner = runner
        self.checks = runner.checks
        self.account = account
        self.key = key

    def all(self):
        home = self.runner.home
        (home / "passphrase").write_text("open sesame\n")
        (home / "keys").write_text("\n".join(self.key) + "\n")
        opened = "--passphrase-fd 3 3<passphrase"
        self.run(f"awsenv add robot --stdin --account {self.account} {opened} <keys", "add")
        before = self.key
        for more in ("", "--keep-old"):
            done = json.loads(self.run(f"awsenv rotate robot --yes --json {more} {opened}", f"rotate {more}") or "{}")
            self.checks.equal(f"rotate {more}: the old key", done.get("old_access_key_id"), before[0])
            shown = json.loads(self.run(f"awsenv get robot --json --reveal {opened}", "get") or "{}")
            now = (shown.get("access_key_id"), shown.get("secret_access_key"))
            self.checks.equal(f"rotate {more}: the vault's key", now[0], done.get("access_key_id"))
            self.listed(more, now, before)
            before = now
        self.run(f"awsenv exec robot {opened} -- true", "exec with the last key")

    def run(self, command, what):
        seen = self.runner.run(["sh", "-c", command])
        self.checks.equal(what, seen.returncode, 0, seen.stderr)
        return seen.stdout

    def listed(self, more, now, before):
        """What boto3 lists with the new key, and that AWS does not take the old one any more."""
        iam = self.client("iam", now)
        keys = iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]
        states = {key["AccessKeyId"]: key["Status"] for key in keys}
        expected = {now[0]: "Active"} | ({before[0]: "Inactive"} if more else {})
        self.checks.equal(f"rotate {more}: the keys", states, expected)
        if more:
            # moto lets a key in that is switched off.
            return
        try:
            self.client("sts", before).get_caller_identity()
            refused = False
        except botocore.exceptions.ClientError:
            refused = True
        self.checks.true("rotate: the old key is refused", refused)

    def client(self, service, key):
        url = self.runner.environment["AWS_ENDPOINT_URL"]
        named = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]}
        return boto3.client(service, endpoint_url=url, region_name="us-east-1", **named)
