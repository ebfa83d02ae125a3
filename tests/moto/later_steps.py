"""What later steps of a CI job get from `awsenv export`, whatever the job had: the account, or nothing that opens one."""

import subprocess

# An empty value is not the same as none: awsenv refuses to leave these to later steps where it cannot unset them.
STUBBORN = {"AWS_PROFILE"}


def github(text):
    """The variables of GITHUB_ENV, of which awsenv writes the form with a delimiter."""
    variables, lines = {}, iter(text.splitlines())
    for line in lines:
        name, delimiter = line.split("<<", 1)
        variables[name] = "\n".join(iter(lambda: next(lines), delimiter))
    return variables


def azure(text):
    """The variables that Azure's agent is told, as a step has them that maps the secret ones."""
    variables = {}
    for line in text.splitlines():
        info, _, data = line.removeprefix("##vso[").partition("]")
        command, _, properties = info.partition(" ")
        if command == "task.setvariable":
            name = dict(pair.split("=", 1) for pair in properties.split(";"))["variable"]
            variables[name] = data.replace("%AZP25", "%")
    return variables


class LaterSteps:
    def __init__(self, runner, account):
        self.runner, self.account = runner, account
        self.bash_env, self.github_env = runner.home / "bash-env", runner.home / "github-env"

    def export(self, ci, job, profile):
        """Runs it, and returns its exit code and the environment of the next step."""
        self.github_env.write_text("")
        run = self.run(ci, job, ["awsenv", "export", profile])
        later = {"github": lambda: github(self.github_env.read_text()), "azure": lambda: azure(run.stdout)}
        return run, job | later.get(ci, dict)()

    def run(self, ci, job, command):
        its = {
            "github": {"GITHUB_ACTIONS": "true", "GITHUB_ENV": str(self.github_env)},
            "azure": {"TF_BUILD": "True"},
            "circleci": {"CIRCLECI": "true", "BASH_ENV": str(self.bash_env)},
        }
        environment = self.runner.environment | job | its[ci]
        return subprocess.run(
            command, env=environment, cwd=self.runner.home, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )

    def ask(self, ci, job, client):
        return self.run(ci, job, ["bash", "-c", f"ask-{client}"])

    def all(self):
        checks = self.runner.checks
        for ci in ("github", "azure", "circleci"):
            for name, job in self.runner.states.items():
                # The job as it was; then one that another account's temporary credentials were handed to before.
                for before in (None, "chain"):
                    what = f"{ci} with {name or 'nothing'} after {before or 'nothing'}"
                    start = job
                    self.bash_env.unlink(missing_ok=True)
                    if before:
                        _, start = self.export(ci, job, before)
                    refused = ci != "circleci" and STUBBORN & {name for name, value in start.items() if value}
                    run, later = self.export(ci, start, "staging")
                    checks.equal(f"{what}: code", run.returncode, 3 if refused else 0, run.stderr)
                    for client in ("cli", "boto3"):
                        seen = self.ask(ci, later, client)
                        expected = "" if refused else self.account
                        checks.equal(f"{what}: {client}", seen.stdout.strip(), expected, seen.stderr)
                    run, later = self.export(ci, start, "no-such")
                    checks.equal(f"{what}: code of a refusal", run.returncode, 2, run.stderr)
                    for client in ("cli", "boto3"):
                        seen = self.ask(ci, later, client)
                        checks.true(f"{what}: {client} fails", seen.returncode != 0 and not seen.stdout.strip(), seen)
