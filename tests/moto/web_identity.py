"""A profile with web_identity_token_file, through every verb, with the aws CLI and boto3 as clients.

moto takes any token, and only while it checks no signatures; a token that is refused is our own fake's affair.
"""

PROFILE = "web"


def profiles(role, token):
    """Their text for ~/.aws/config."""
    return (
        f"[profile {PROFILE}]\nregion = eu-west-1\nrole_arn = {role}\nweb_identity_token_file = {token}\n"
        f"[profile by-{PROFILE}]\nregion = eu-west-1\ncredential_process = awsenv credential-process {PROFILE}\n"
    )


def check(runner, account):
    """`use`, `exec` and `credential-process`: the account that the clients see is the one that awsenv names."""
    for state in (None, "another account's keys", "container variables"):
        runner.sees(f"use {PROFILE} with {state or 'nothing'}", "bash", state, [PROFILE], account)
    runner.exec(None, PROFILE, account)
    for client in ("ask-cli", "ask-boto3"):
        seen = runner.run(["env", f"AWS_PROFILE=by-{PROFILE}", client])
        what = f"credential-process {PROFILE}: {client}"
        runner.checks.equal(what, (seen.returncode, seen.stdout.strip()), (0, account), seen.stderr)
