"""The AWS CLI asks for an MFA code on a terminal and caches the role's session; awsenv uses it and asks nobody.

moto checks no codes, but both clients ask for one wherever a profile names a device.
"""

import json
import os
import pty
import select
import subprocess
import time

# Profile → what it asks for besides the role and the device.
PROFILES = {
    "mfa": "",
    "mfa-named": "role_session_name = ada-at-work\n",
    "mfa-full": "external_id = acme-7\nduration_seconds = 7200\nrole_session_name = ada\n",
}


def profiles(role, account):
    """Their text for ~/.aws/config."""
    lines = f"role_arn = {role}\nsource_profile = production\nmfa_serial = arn:aws:iam::{account}:mfa/ada\n"
    return "".join(f"[profile {name}]\nregion = eu-west-1\n{lines}{more}" for name, more in PROFILES.items())


def on_a_terminal(command, environment, directory, question, answer):
    """Runs a command on a terminal of its own and answers its question. Returns its exit code and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execvpe(command[0], command, environment)
    shown, answered, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        shown += more
        if question.encode() in shown and not answered:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")


class CliCache:
    """The checks; `runner` has the home, the environment and the counts."""

    def __init__(self, runner, account):
        self.runner, self.account = runner, account

    def awsenv(self, *arguments):
        """Without a terminal: a question would be a failure."""
        return subprocess.run(
            ["awsenv", *arguments], env=self.runner.environment, cwd=self.runner.home, capture_output=True, text=True,
            timeout=120, stdin=subprocess.DEVNULL, start_new_session=True,
        )

    def all(self):
        checks = self.runner.checks
        cache = self.runner.home / ".aws/cli/cache"
        for profile in PROFILES:
            known = set(cache.glob("*.json"))
            before = self.awsenv("exec", profile, "--", "ask-boto3")
            checks.equal(f"{profile}: a code is asked for", before.returncode, 5, before.stderr)
            command = ["aws", "sts", "get-caller-identity", "--profile", profile, "--output", "json"]
            code, shown = on_a_terminal(
                command, self.runner.environment, self.runner.home, "Enter MFA code", "123456"
            )
            checks.equal(f"{profile}: the AWS CLI", code, 0, shown)
            new = set(cache.glob("*.json")) - known
            checks.equal(f"{profile}: new files of the AWS CLI", len(new), 1)
            for client in ("ask-boto3", "ask-cli"):
                seen = self.awsenv("exec", profile, "--", client)
                checks.equal(f"{profile}: {client}", (seen.returncode, seen.stdout.strip()), (0, self.account), seen.stderr)
                checks.true(f"{profile}: the banner says from where", "AWS CLI's cache" in seen.stderr, seen.stderr)
            process = self.awsenv("credential-process", profile)
            given = json.loads(process.stdout or "{}")
            checks.equal(f"{profile}: credential-process", given.get("AccountId"), self.account, process.stderr)
            keys = [json.loads(file.read_text())["Credentials"]["AccessKeyId"] for file in new]
            checks.equal(f"{profile}: the very session", [given.get("AccessKeyId")], keys)
            other = self.awsenv("exec", profile, "--duration", "3h", "--", "ask-boto3")
            checks.equal(f"{profile}: for another request a code is asked for", other.returncode, 5, other.stderr)
