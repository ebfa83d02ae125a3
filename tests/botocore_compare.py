#!/usr/bin/env python3
"""botocore_compare.py BINARY

Compares `BINARY list --json` with botocore's reading of the same files: names and regions of all profiles, over the
hostile corpus and generated files. Needs botocore (any Python with it, a venv say). Exit status 1 on a difference that
DIFFERENCES does not document, and on a documented one that is gone.
"""
import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import botocore.exceptions
import botocore.session

HERE = os.path.dirname(os.path.abspath(__file__))
REGION = re.compile(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}", re.ASCII)

# What a config file holds, and why ours does not follow botocore there.
DIFFERENCES = [
    (b"profile a\\b", "backslash: botocore drops it from the name, the SDKs drop the profile; ours ignores it and says so"),
    (b"profile a]b", "bracket in a name: botocore keeps it, the SDKs drop the profile; ours ignores it and says so"),
    (b'profile ""', "empty name: botocore lists it; nobody can use it"),
    (b"profile ''", "empty name: botocore lists it; nobody can use it"),
    (b"\t[profile", "indented header: botocore reads it, the SDKs give up; ours is an error"),
    (b"\x0b\x0c", "control character before a key: botocore skips it, the SDKs drop the key; ours is an error"),
    (b"eu-west-1 # home", "inline comment: botocore keeps it in the value, the SDKs strip it; ours strips it and says so"),
    (b"[profile default]\nregion = eu-west-1\n[default]", "[profile default] counts; botocore takes the later section"),
]


def theirs(home):
    """Profile name → region, or None where botocore gives up."""
    aws = os.path.join(home, ".aws")
    os.environ["AWS_CONFIG_FILE"] = os.path.join(aws, "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(aws, "credentials")
    try:
        profiles = botocore.session.Session().full_config["profiles"]
    except (botocore.exceptions.ConfigParseError, UnicodeError):
        return None
    regions = {}
    for name, values in profiles.items():
        region = values.get("region")
        regions[name] = region if isinstance(region, str) and REGION.fullmatch(region) else None
    return regions


def ours(binary, home):
    env = {"HOME": home, "PATH": os.environ["PATH"]}
    # The status is not asked for: profiles that cannot be used may well be a failure, and are listed all the same.
    done = subprocess.run([binary, "list", "--json"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"no JSON from {binary}: {done.stdout[:200]!r} {done.stderr[:500]!r}")


def difference(binary, config, credentials):
    """What differs, as text; empty if nothing does."""
    with tempfile.TemporaryDirectory() as home:
        os.mkdir(os.path.join(home, ".aws"))
        for name, text in (("config", config), ("credentials", credentials)):
            with open(os.path.join(home, ".aws", name), "wb") as file:
                file.write(text)
        expect, got = theirs(home), ours(binary, home)
    if expect is None:
        told = got["findings"] or [row for row in got["profiles"] if row["problem"]]
        return "" if told else "botocore gives up on the file, and ours has nothing to say about it"
    regions = {row["profile"]: row["region"] for row in got["profiles"]}
    for row in got["profiles"]:
        # A name that could harm a terminal or a shell is listed, and its section not read.
        if "(name-" in (row["problem"] or "") and row["profile"] in expect:
            regions[row["profile"]] = expect[row["profile"]]
    if regions == expect:
        return ""
    return f"botocore {expect!r}, ours {regions!r}"


def corpus():
    with open(os.path.join(HERE, "hostile", "corpus.jsonl")) as file:
        for case in map(json.loads, file):
            value = base64.b64decode(case["value"])
            if case["kind"] == "config_file":
                yield value, b""
            elif case["kind"] == "profile_name" and not set(value) & set(b"'\\\r\n") and value.decode(errors="ignore").encode() == value:
                yield b"[profile '" + value + b"']\nregion = eu-west-1\n", b""


def generated(count):
    """Files of pieces that both readers take; the same ones every time."""
    chance = random.Random(1)
    names = ["a", "b", "default", "x.y", "é", "A"]
    values = ["eu-west-1", "us-east-1", "", "x=y", "a#b", "nowhere"]

    def section(header):
        keys = chance.sample(["region", "output", "Other", "role_arn"], chance.randrange(5))
        lines = [f"{key} {chance.choice(['=', '= ', ' ='])} {chance.choice(values)}" for key in keys]
        if chance.random() < 0.3:
            lines += ["s3 =", "  max = 1", "\tx = y"]
        if chance.random() < 0.3:
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(["# c", "; [c]", ""]))
            # A blank or a comment may stand inside a nested block: both readers skip it.
        return "\n".join([header] + lines) + chance.choice(["\n", "\n\n", "\r\n"])

    def header(name):
        if name == "default":
            return "[default]"
        return chance.choice(["[profile {}]", "[profile '{}']", '[profile "{}" ]', "[profile\t{}]"]).format(name)

    for _ in range(count):
        config = "".join(section(header(name)) for name in chance.sample(names, chance.randrange(7)))
        config += chance.choice(["", "[sso-session s]\nsso_region = eu-west-1\n", "[services v]\nsts =\n  endpoint_url = u\n", "[preview]\n"])
        credentials = "".join(section(f"[{name}]") for name in chance.sample(names, chance.randrange(4)))
        yield config.encode(), credentials.encode()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary, failed, seen = os.path.abspath(sys.argv[1]), 0, 0
    for config, credentials in [*corpus(), *generated(200)]:
        seen += 1
        differs = difference(binary, config, credentials)
        known = next((why for text, why in DIFFERENCES if text in config), None)
        if bool(differs) != bool(known):
            failed += 1
            print(f"{config!r} {credentials!r}: {differs or 'no difference any more: ' + known}")
    print(f"files compared with botocore {botocore.__version__}: {seen - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
