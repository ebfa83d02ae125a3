#!/usr/bin/env python3
"""Runs the reader of docs/vault.md, as it stands there, on a vault that awsenv wrote.

usage: vault_reader.py PATH-OF-AWSENV
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PASSPHRASE = "pass\u00e9 phrase"
ENTRIES = {
    "deploy": (["AKIADEMOVAULT7777777", "wJalr/x+y="], ["--region", "eu-west-1", "--account", "111122223333"]),
    "\u00e9t\u00e9 \"x\"": (["ASIADEMOVAULT7777777", "abc/d+e=", "IQoJb3" + "x" * 5000], []),
}


def main() -> None:
    awsenv = os.path.abspath(sys.argv[1])
    page = (pathlib.Path(__file__).parent.parent / "docs/vault.md").read_text()
    (reader,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}

        def run(arguments, passphrase, lines=()):
            read, write = os.pipe()
            os.write(write, passphrase.encode() + b"\n")
            os.close(write)
            command = [awsenv, *arguments, "--passphrase-fd", str(read)]
            text = "".join(line + "\n" for line in lines)
            subprocess.run(command, input=text.encode(), env=environment, pass_fds=[read], check=True)
            os.close(read)

        for name, (lines, more) in ENTRIES.items():
            run(["add", name, "--stdin", *more], PASSPHRASE, lines)

        def read_with(passphrase):
            vault = pathlib.Path(home, ".local/share/awsenv/vault")
            command = [sys.executable, "-c", reader, str(vault)]
            return subprocess.run(command, input=passphrase + "\n", capture_output=True, text=True, check=False)

        # The same letters, typed by another keyboard.
        found = read_with("passe\u0301 phrase")
        assert found.returncode == 0, found.stderr
        profiles = json.loads(found.stdout)["profiles"]
        assert sorted(profiles) == sorted(ENTRIES), profiles.keys()
        for name, (lines, _) in ENTRIES.items():
            keys = ["access_key_id", "secret_access_key", "session_token"]
            assert [profiles[name][key] for key in keys[: len(lines)]] == lines, name
        assert profiles["deploy"]["region"] == "eu-west-1" and profiles["deploy"]["account_id"] == "111122223333"
        wrong = read_with("another")
        assert (wrong.returncode, wrong.stderr) == (1, "wrong passphrase\n"), wrong
    print(f"{len(ENTRIES)} profiles read by {len(reader.splitlines())} lines of Python")


main()
