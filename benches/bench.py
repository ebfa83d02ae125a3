"""Compares awsenv with what the same work costs at least. See README.md."""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import fixtures
import hooks
from measure import Command, by_turns, instructions, run

RTT_MS = 50
# Over https the aim is the round trips and 8 ms; the floor spends one of them on its own process and connections.
MORE_MS = 7
# Milliseconds that a prompt with the hook may take over one without it.
HOOK_MS = 0.2
USE = ("use", "bench", "--shell", "sh")
# What awsenv is given, and the command that the other program becomes then.
VERBS = ((USE,), (("exec", "bench", "--", "/bin/true"), "/bin/true"))


@dataclass
class Case:
    """awsenv and the program that it is compared with, by name."""

    name: str
    awsenv: Command
    other: str
    floor: Command
    pairs: int
    # The most that awsenv may cost: so many times the other, or so many milliseconds more.
    times: float | None = None
    more: float | None = None
    # Or so many milliseconds, which are the machine's: where somebody waits for it.
    most: float | None = None
    count: bool = False


class Bench:
    def __init__(self, root, servers, binary):
        self.root = root
        self.servers = servers
        self.programs = fixtures.build(binary, root)
        self.awsenv = self.programs / "awsenv"
        self.homes = {count: fixtures.home(root / "home", count) for count in (10, 1000, 10_000, 100_000)}
        self.caches = root / "caches"
        self.caches.mkdir()

    def floor(self, name, *args):
        return Command([str(self.programs / name), *map(str, args)])

    def command(self, *args, profiles=10, port=None, **env):
        """awsenv in a clean environment and an empty cache."""
        home = str(self.homes[profiles])
        env = {"HOME": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color"} | env
        if port:
            env.setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        return Command([str(self.awsenv), *args], env, self.empty_cache if port else lambda env: None)

    def empty_cache(self, env):
        env["XDG_CACHE_HOME"] = tempfile.mkdtemp(dir=self.caches)

    def context(self, port):
        """The variables of a shell that switched to a profile."""
        use = self.command("use", "bench", "--shell", "sh", port=port)
        env = dict(use.env)
        use.before(env)
        script = f"eval \"$('{self.awsenv}' use bench --shell sh 2>/dev/null)\" && env -0"
        shown = subprocess.run(["sh", "-c", script], env=env, check=True, capture_output=True).stdout.decode()
        held = dict(variable.split("=", 1) for variable in shown.split("\0") if variable)
        return {name: value for name, value in held.items() if name.startswith("AWS")}

    def small(self, port):
        """What never asks anybody."""
        empty, held = self.floor("empty"), self.context(port)
        yield Case("prompt, no context", self.command("prompt"), "empty", empty, 300, 1.3, count=True)
        for profiles in (10, 100_000):
            prompt = self.command("prompt", profiles=profiles, **held)
            name = f"prompt, in a context, {profiles:,} profiles"
            yield Case(name, prompt, "empty", empty, 300, 1.3, count=profiles == 10)
        yield Case("--version", self.command("--version"), "empty", empty, 200, count=True)
        for profiles, pairs in ((10, 200), (1000, 200), (10_000, 100), (100_000, 30)):
            config = self.homes[profiles] / ".aws" / "config"
            listing, floor = self.command("list", profiles=profiles), self.floor("floor_list", config)
            most = 3 if profiles == 10_000 else None
            yield Case(f"list {profiles:,}", listing, "read + scan", floor, pairs, most, count=profiles == 10_000)

    def completions(self):
        """What a shell waits for at TAB: every profile, or those of one team."""
        for profiles, pairs in ((10, 200), (10_000, 100)):
            config = self.homes[profiles] / ".aws" / "config"
            floor = self.floor("floor_list", config)
            for typed, times in (("", 8), ("payments", 4)):
                command = self.command("--", "awsenv", "use", typed, profiles=profiles, _AWSENV_COMPLETE="fish")
                name = f"TAB behind `use {typed}`, {profiles:,} profiles"
                many = profiles == 10_000
                yield Case(name, command, "read + scan", floor, pairs, times if many else None, count=many)

    def over_http(self, port, slow):
        """The main job, nothing remembered, against the two calls alone."""
        for at, here, pairs, most in ((0, port, 150, 3), (RTT_MS, slow, 40, 1.15)):
            for verb, *then in VERBS:
                floor = self.floor("floor_calls", f"127.0.0.1:{here}", 1, *then)
                command = self.command(*verb, port=here)
                name = f"{verb[0]}, http, {at} ms"
                yield Case(name, command, "2 calls", floor, pairs, most, count=not at and not then)
        floor = self.floor("floor_calls", f"127.0.0.1:{port}", 1)
        many = self.command(*USE, port=port, profiles=10_000)
        yield Case("use of 10,000 profiles, http, 0 ms", many, "2 calls", floor, 100, count=True)

    def over_https(self, port):
        """The same over TLS 1.3: a handshake and a request are two round trips, and the floor makes as many."""
        made = fixtures.certificates(self.root)
        if made is None:
            print("left out: https needs openssl", file=sys.stderr)
            return
        authority, chain, key = made
        near = self.servers.start(sys.executable, fixtures.HERE / "tls_front.py", chain, key, port)
        far = self.servers.start(self.programs / "delay", near, RTT_MS // 2)
        plain_far = self.servers.start(self.programs / "delay", port, RTT_MS // 2)
        for at, here, plain, pairs in ((0, near, port, 100), (RTT_MS, far, plain_far, 40)):
            for verb, *then in VERBS:
                floor = self.floor("floor_calls", f"127.0.0.1:{plain}", 2, *then)
                url = f"https://127.0.0.1:{here}"
                command = self.command(*verb, port=here, AWS_ENDPOINT_URL=url, AWS_CA_BUNDLE=str(authority))
                name = f"{verb[0]}, https, {at} ms"
                yield Case(name, command, "2 trips", floor, pairs, more=MORE_MS)

    def with_vault(self):
        """What a vault costs, against the one key derivation that opens it, and a session that is kept meanwhile."""
        home, derivation = self.vault("locked"), "1 derivation"
        floor = self.floor("floor_derivation", home / ".local/share/awsenv/vault")
        unlock = self.of_vault(home, "unlock", "--passphrase-fd", "0", stdin="passphrase")
        unlock.before = lambda env: self.lock(home)
        yield Case("unlock", unlock, derivation, floor, 30, 1.5, most=300)
        home = self.vault("open")
        run(self.of_vault(home, "unlock", "--passphrase-fd", "0", stdin="passphrase"))
        add = self.of_vault(home, "add", "kept", "--replace", "--stdin", stdin="keys")
        yield Case("add, unlocked", add, derivation, floor, 30, 0.2)
        with fixtures.Servers() as once:
            end = datetime.now(UTC) + timedelta(hours=1)
            port = once.start(self.programs / "stub", 0, f"{end:%Y-%m-%dT%H:%M:%SZ}")
            url = f"http://127.0.0.1:{port}"
            use = self.of_vault(home, "use", "role", "--shell", "sh", AWS_ENDPOINT_URL=url)
            run(use)
        # Nobody is there to be asked any more: what ends well asked nobody.
        yield Case("use of a kept session, no network", use, "empty", self.floor("empty"), 100)

    def vault(self, name):
        home = fixtures.vault_home(self.root / "vaults" / name, self.awsenv)
        self.servers.callback(self.lock, home)
        return home

    def lock(self, home):
        run(self.of_vault(home, "--quiet", "lock"))

    def of_vault(self, home, *args, stdin=None, **env):
        """awsenv in this home."""
        env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | env
        return Command([str(self.awsenv), *args], env, stdin=str(home / stdin) if stdin else os.devnull)

    def cases(self):
        port = self.servers.start(self.programs / "stub", 0)
        slow = self.servers.start(self.programs / "stub", RTT_MS)
        yield from self.small(port)
        yield from self.completions()
        yield from self.with_vault()
        yield from self.over_http(port, slow)
        yield from self.over_https(port)


def measure(case, pairs, counting):
    """The row of a case; whether it met its aim, None without one."""
    ours, theirs = by_turns(case.awsenv, case.floor, pairs)
    ratio = ours.decile / theirs.decile
    aims = []
    if case.times:
        aims.append((f"<= {case.times} x", ratio <= case.times))
    if case.more:
        more = ours.decile - theirs.decile
        aims.append((f"+ {more:.1f} <= + {case.more} ms", more <= case.more))
    if case.most:
        aims.append((f"<= {case.most} ms", ours.decile <= case.most))
    aim, met = ", ".join(text for text, _ in aims), all(met for _, met in aims) if aims else None
    count = ""
    if counting and case.count:
        mine, other = instructions(case.awsenv), instructions(case.floor)
        count = "no valgrind" if mine is None else f"{mine:.2f} / {other:.2f}"
    row = f"{case.name:39} {ours.decile:8.2f} {ours.median:8.2f}   {case.other:12} {theirs.decile:8.2f}"
    return f"{row} {theirs.median:8.2f} {ratio:7.2f}   {aim:22} {count}".rstrip(), met


def measure_hooks(bench, only, smoke):
    """The rows of the shells' hooks: what a prompt costs in a context, with the hook and without it."""
    port = bench.servers.start(bench.programs / "stub", 0)
    held = bench.context(port)
    # With an end, so that the hook asks for the time and shows what is left.
    held["AWSENV_CONTEXT"] += f",expires={int(time.time()) + 3000}"
    env = {"PATH": f"{bench.programs}:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color", **held}
    for shell in hooks.installed():
        name = f"hook in {shell}, each prompt"
        if only not in name:
            continue
        ours, theirs = hooks.by_turns(bench.root, shell, env, *((2, 100) if smoke else (30, 500)))
        more = ours.decile - theirs.decile
        aim = f"+ {more:.3f} <= + {HOOK_MS} ms"
        row = f"{name:39} {ours.decile:8.3f} {ours.median:8.3f}   {'no hook':12} {theirs.decile:8.3f}"
        yield name, f"{row} {theirs.median:8.3f} {'':7}   {aim}", more <= HOOK_MS


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="say which aims are met; exit code 1 where one is missed")
    parser.add_argument("--smoke", action="store_true", help="a few runs of each, no aims")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose name holds the text")
    parser.add_argument("--binary", metavar="FILE", help="measure this one; nothing is built")
    options = parser.parse_args()
    gc.disable()
    verdicts = {}
    with fixtures.workplace() as root, fixtures.Servers() as servers:
        heading = f"{'case':39} {'decile':>8} {'median':>8}   {'against':12} {'decile':>8} {'median':>8}"
        print(f"{heading} {'ratio':>7}   {'aim':22} million instructions")
        bench = Bench(root, servers, options.binary)
        for case in bench.cases():
            if options.only not in case.name:
                continue
            pairs = 2 if options.smoke else case.pairs
            row, verdicts[case.name] = measure(case, pairs, counting=not options.smoke)
            print(row, flush=True)
        for name, row, met in measure_hooks(bench, options.only, options.smoke):
            print(row, flush=True)
            verdicts[name] = met
    if options.check:
        print()
        for name, met in verdicts.items():
            if met is not None:
                print(f"{'met   ' if met else 'MISSED'} {name}")
        return int(False in verdicts.values())
    return 0


sys.exit(main())
