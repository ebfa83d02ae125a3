"""Every combination of verb, mode and option, in bash: the account and the ARN that clients see are those that awsenv named."""

import itertools
import urllib.parse

REFUSED = {"key": "AWSENVREFUSED0000000", "profile": "awsenv-refused", "id": "", "arn": "", "cli": "", "boto3": ""}
TELL_BOTO3 = """
import boto3
session = boto3.Session()
who = session.client("sts").get_caller_identity()
print(who["Account"], who["Arn"], session.region_name)
"""


def tell(bin):
    """A script that says what the environment says, and what the clients in this directory see in it."""
    return f"""#!/bin/sh
echo "id=$AWSENV_ACCOUNT_ID"
echo "arn=$AWSENV_ARN"
echo "region=$AWSENV_REGION"
echo "profile=$AWS_PROFILE"
echo "key=$AWS_ACCESS_KEY_ID"
echo "cli=$({bin / 'aws'} sts get-caller-identity --query '[Account,Arn]' --output text 2>/dev/null | tr '\\t' ' ')"
echo "boto3=$({bin / 'python'} -c '{TELL_BOTO3}' 2>/dev/null)"
"""


def user(account):
    return f"arn:aws:iam::{account}:user/team/ada"


def session(account):
    """Without the session's name."""
    return f"arn:aws:sts::{account}:assumed-role/Admin/"


class Combinations:
    def __init__(self, runner, state, staging, production, sandbox):
        self.run, self.checks, self.state = runner.run, runner.checks, state
        self.profiles = {"staging": (staging, user(staging)), "chain": (production, session(production))}
        # What `--role` adds, in an account that neither of the profiles is of.
        self.role, self.added = f"--role arn:aws:iam::{sandbox}:role/Admin", (sandbox, session(sandbox))

    def told(self, command):
        """What `tell` says in the end, in a shell that held another account's keys before."""
        run = self.run(["bash", "-c", command], self.state)
        told = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
        return told, run

    def tells(self, what, command, account, arn, region, mode):
        """Both clients see the account, ARN and region that awsenv named, which are these."""
        told, run = self.told(command)
        self.checks.equal(f"{what}: status", told.get("status", str(run.returncode)), "0", run.stderr)
        named = urllib.parse.unquote(told.get("arn", ""))
        self.checks.equal(f"{what}: AWSENV_ACCOUNT_ID", told.get("id"), account, run.stderr)
        self.checks.equal(f"{what}: AWSENV_REGION", told.get("region"), region, run.stderr)
        in_session = arn.endswith("/") and named.startswith(arn)
        self.checks.true(f"{what}: AWSENV_ARN is {arn}", named == arn or in_session, named)
        if mode == "profile":
            self.checks.equal(f"{what}: keys", told.get("key"), "", run.stderr)
        else:
            self.checks.equal(f"{what}: AWS_PROFILE", told.get("profile"), "", run.stderr)
        if mode == "profile" and arn.endswith("/"):
            # Each tool begins a session of its own, with a name of its own.
            named = arn
        for client, expected in (("cli", f"{account} {named}"), ("boto3", f"{account} {named} {region}")):
            seen = told.get(client, "")
            if named.endswith("/"):
                parts = seen.split(" ")
                seen = " ".join(part.rpartition("/")[0] + "/" if part.startswith("arn:") else part for part in parts)
            self.checks.equal(f"{what}: {client}", seen, expected, run.stderr)
        if "before" in told and arn.endswith("/") and mode == "keys":
            self.checks.true(f"{what}: the keys are new", told["before"] != told.get("key"), told)

    def all(self):
        """{use, exec} × {keys, profile mode} × {--role, --region, renew, use -}."""
        home, away = "eu-west-1", "ap-south-1"
        role, added, region = self.role, self.added, f"--region {away}"
        for (profile, own), mode in itertools.product(self.profiles.items(), ("keys", "profile")):
            with_mode = f"{profile} --mode {mode}"
            use = f"use {with_mode}"
            # What is done, and what comes of it; the last switch decides.
            ways = [
                ([use], own, home),
                ([f"{use} {region}"], own, away),
                ([use, "renew"], own, home),
                ([f"{use} {region}", "renew"], own, away),
                ([f"use {profile} {role}", use], own, home),
                ([use, "use sandbox", f"use - --mode {mode}"], own, home),
            ]
            if mode == "keys":
                ways += [
                    ([f"{use} {role}"], added, home),
                    ([f"{use} {role} {region}"], added, away),
                    ([f"{use} {role}", "renew"], added, home),
                    ([f"{use} {role} {region}", "renew"], added, away),
                    # The one before is the role, not the profile that it was asked for on top of.
                    ([f"{use} {role}", "use production", "use -"], added, home),
                ]
            for steps, (account, arn), where in ways:
                *before, last = [f'eval "$(awsenv {step})"\n' for step in steps]
                note = 'echo "before=$AWS_ACCESS_KEY_ID"\n' if steps[-1] == "renew" else ""
                switched = "".join(before) + note + last
                what = ", ".join(steps)
                self.tells(what, f'{switched}echo "status=$?"\ntell', account, arn, where, mode)
                if len(steps) > 1:
                    # The command gets what the shell is in.
                    self.tells(f"{what}, exec", f"{switched}exec awsenv exec -- tell", account, arn, where, "keys")
            execs = [("", own, home), (region, own, away)]
            if mode == "keys":
                execs += [(role, added, home), (f"{role} {region}", added, away)]
            for options, (account, arn), where in execs:
                command = f"exec {with_mode} {options}".rstrip()
                self.tells(command, f"exec awsenv {command} -- tell", account, arn, where, mode)
            if mode == "profile":
                self.refuses_role_in_profile_mode(profile)

    def refuses_role_in_profile_mode(self, profile):
        """The tools would resolve the profile without the role: another account than the one that was verified."""
        options = f"{profile} --mode profile {self.role}"
        for before in ("", 'eval "$(awsenv use production)"\n'):
            told, run = self.told(f'{before}eval "$(awsenv use {options})"\necho "status=$?"\ntell')
            seen = {name: told.get(name) for name in REFUSED}
            self.checks.equal(f"{before}use {options}: status", told.get("status"), "2", run.stderr)
            self.checks.equal(f"{before}use {options}: poison", seen, REFUSED, run.stderr)
        told, run = self.told(f"exec awsenv exec {options} -- tell")
        self.checks.equal(f"exec {options}", (run.returncode, told), (2, {}), run.stderr)
