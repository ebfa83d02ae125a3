"""What the prompt hook costs: empty lines typed into interactive shells, with `awsenv init` and without it."""

import os
import pty
import select
import shutil
import time

from measure import summary

# A prompt that a user could have, and the line that loads the hook.
SHELLS = {
    "bash": (".bashrc", "PS1='$ '", 'eval "$(awsenv init bash)"'),
    "zsh": (".zshrc", "PROMPT='$ '", 'eval "$(awsenv init zsh)"'),
    "fish": (
        ".config/fish/config.fish",
        "set -g fish_greeting; function fish_prompt; echo -n '$ '; end",
        "awsenv init fish | source",
    ),
}
# A terminal holds 4096 bytes of input.
AT_ONCE = 100


def installed():
    return [shell for shell in SHELLS if shutil.which(shell)]


def homes(root, shell):
    """A home without the hook and one with it."""
    name, mine, load = SHELLS[shell]
    made = []
    for which, lines in (("without", [mine]), ("with", [mine, load])):
        home = root / "hooks" / shell / which
        file = home / name
        file.parent.mkdir(parents=True)
        file.write_text("\n".join([*lines, ""]))
        # Fish would read all manual pages at its first start.
        (home / ".local/share/fish/generated_completions").mkdir(parents=True)
        made.append(home)
    return made


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, shell, home, env):
        env = {**env, "HOME": str(home)}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe(shell, [shell, "-i"], env)

    def wait_for(self, text):
        """Reads until the shell has printed the text."""
        shown = b""
        while text not in shown:
            if not select.select([self.fd], [], [], 60)[0]:
                raise RuntimeError(f"{text!r} never came: {shown[-400:]!r}")
            shown = shown[-len(text) :] + os.read(self.fd, 65536)

    def type(self, text):
        os.write(self.fd, text.encode())

    def worked(self):
        """Nanoseconds that the shell's threads have been on a processor: what else the machine does is not in it."""
        # clock_getcpuclockid(3), which Python lacks.
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def prompts(self, count):
        """Milliseconds that the shell works for each of so many prompts."""
        start = self.worked()
        for number in range(count // AT_ONCE):
            self.type("\r" * (AT_ONCE - 1) + f"echo pa''rt-{number}-\r")
            self.wait_for(f"part-{number}-".encode())
        return (self.worked() - start) / 1e6 / (count // AT_ONCE * AT_ONCE)

    def end(self):
        self.type("exit\r")
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def by_turns(root, shell, env, pairs, count):
    """Milliseconds of a prompt, with the hook and without it. The two shells run side by side and take turns."""
    without, with_hook = (Terminal(shell, home, env) for home in homes(root, shell))
    times = ([], [])
    terminals = (with_hook, without)
    for terminal in terminals:
        terminal.type("echo rea''dy\r")
        terminal.wait_for(b"ready")
        terminal.prompts(AT_ONCE)
    for turn in range(pairs):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(terminals[which].prompts(count))
    for terminal in terminals:
        terminal.end()
    return summary(times[0]), summary(times[1])
