"""Measures whole processes: time by turns, and instructions."""

import os
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Command:
    """A program to start; `before` is called, outside the measurement, before each start."""

    args: list[str]
    env: dict[str, str] = field(default_factory=dict)
    before: Callable[[dict[str, str]], None] = lambda env: None
    # The file that is its standard input.
    stdin: str = os.devnull


@dataclass
class Times:
    """Milliseconds. The lower decile is what the machine does when nothing else disturbs it."""

    decile: float
    median: float


NOWHERE = [
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
]


def run(command):
    """Milliseconds from start to end."""
    env = dict(command.env)
    command.before(env)
    stdin = (os.POSIX_SPAWN_OPEN, 0, command.stdin, os.O_RDONLY, 0)
    start = time.perf_counter_ns()
    pid = os.posix_spawn(command.args[0], command.args, env, file_actions=[stdin, *NOWHERE])
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter_ns() - start
    if status != 0:
        raise RuntimeError(f"{' '.join(command.args)} ended with {os.waitstatus_to_exitcode(status)}")
    return took / 1e6


def by_turns(one, other, pairs):
    """Both commands, A B B A A B …, so that what else the machine does disturbs both alike."""
    times = ([], [])
    for command in (one, other):
        run(command)
    for turn in range(pairs):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(run((one, other)[which]))
    return summary(times[0]), summary(times[1])


def summary(times):
    times = sorted(times)
    return Times(times[len(times) // 10], statistics.median(times))


def instructions(command):
    """Millions of instructions, by callgrind; None where there is no valgrind."""
    if not shutil.which("valgrind"):
        return None
    env = dict(command.env)
    command.before(env)
    ended = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command.args],
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(re.search(r"Collected\s*:\s*(\d+)", ended.stderr)[1]) / 1e6
