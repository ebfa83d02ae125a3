# awsenv for xonsh: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
def _awsenv_load():
    import os
    import subprocess
    import sys
    import time

    program = @AWSENV@
    watched = (@WATCHED@)
    secret = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    beside = (@BESIDE@)
    kept = {"seen": None, "record": [""] * 14}

    def env():
        return __xonsh__.env

    def refuse():
        # The function's own copy of a refusal, for when the program's output is missing or cut off.
        try:
            @REFUSAL@
        except RuntimeError:
            pass

    def ask(args, stdout, stderr=None):
        # Without a trace: `$XONSH_TRACE_SUBPROC` knows only what the shell itself runs.
        try:
            ended = subprocess.run([program, *args], env=env().detype(), stdout=stdout, stderr=stderr)
        except OSError as error:
            print(f"awsenv: {program} cannot be run: {error.strerror}", file=sys.stderr)
            return 127, ""
        status = ended.returncode if ended.returncode >= 0 else 128 - ended.returncode
        return status, (ended.stdout or b"").decode("utf-8", "surrogateescape")

    def fingerprint():
        held = [(name, str(env()[name])) for name in watched if name in env()]
        # Only whether they are there.
        held += [(name, "") for name in secret if name in env()]
        # What changes what is said, where there is something to say.
        return held and held + [(name, str(env()[name])) for name in beside if name in env()]

    def to_tty(text):
        if text:
            try:
                with open("/dev/tty", "w") as tty:
                    tty.write(text)
            except OSError:
                pass

    def look():
        kept["seen"] = fingerprint()
        old = kept["record"]
        record = [""] * 14
        if kept["seen"]:
            lines = ask(["prompt", "--hook", "--shell", "xonsh"], subprocess.PIPE, subprocess.DEVNULL)[1].split("\n")
            # One that was cut off shows no account.
            whole = len(lines) == 15 and lines[0] == "1" and lines[13] == "end"
            record = lines[:14] if whole else "1|unverified|0|0|keep| UNVERIFIED ||UNVERIFIED||||||end".split("|")
        kept["record"] = record
        if (old[8], old[10]) != (record[8], record[10]):
            to_tty(old[10])
            to_tty(record[8])
        pane = env().get("TMUX_PANE")
        if pane and old[11] != record[11]:
            change = ["-p", "-t", pane, "@awsenv", record[11]] if record[11] else ["-pu", "-t", pane, "@awsenv"]
            try:
                subprocess.run(["tmux", "set-option", *change], stderr=subprocess.DEVNULL)
            except OSError:
                pass
        if record[12]:
            print("awsenv: " + record[12], file=sys.stderr)

    def hook(**_):
        # Before each prompt; starts no program while nothing changes.
        until = int(kept["record"][3] or 0)
        if kept["seen"] != fingerprint() or 0 < until <= time.time():
            look()
            if kept["record"][1] == "expired" and kept["record"][4] == "clear" and "AWSENV_CONTEXT" in env():
                ended = env()["AWSENV_CONTEXT"]
                refuse()
                env()["AWSENV_EXPIRED"] = ended
                print("awsenv: the credentials have ended; this shell now holds none: awsenv renew", file=sys.stderr)
                look()
        to_tty(kept["record"][9])

    def segment():
        record = kept["record"]
        if not record[5]:
            return ""
        until, left = int(record[3]), ""
        if until:
            seconds = max(until - int(time.time()), 0)
            minutes = seconds // 60
            if not minutes:
                left = f"{seconds}s "
            elif minutes < 60:
                left = f"{minutes}m "
            elif minutes < 2880:
                left = f"{minutes // 60}h{minutes % 60:02} "
            else:
                left = f"{minutes // 1440}d "
        return record[5] + left + record[6] + " "

    def switch(args):
        status, code = ask(args, subprocess.PIPE)
        fault = ""
        if status == 0 and code.endswith("))(__xonsh__.env)\n"):
            try:
                __xonsh__.execer.exec(code, glbs={})
            except Exception:
                fault = "the shell did not take the new environment"
            # Proof that the switch took place: the shell holds the very context that the program printed.
            context = env().get("AWSENV_CONTEXT", "")
            if "'AWSENV_CONTEXT': '" in code and f"'AWSENV_CONTEXT': '{context}'" not in code:
                fault = fault or "the shell does not hold the context that was verified"
        elif status != 0 and code.endswith(f"'awsenv: refused, exit code {status}'))))(__xonsh__.env)\n"):
            try:
                __xonsh__.execer.exec(code, glbs={})
            except RuntimeError:
                pass
        else:
            fault = f"the program ended with status {status} and no complete answer"
        if fault:
            print(f"awsenv: NOT SWITCHED: {fault}; this shell now holds no usable AWS credentials", file=sys.stderr)
            refuse()
            status = status or 1
        hook()
        return status

    def awsenv(args):
        # `switch N`: the output is to be evaluated, and N words stand before the place for `--shell xonsh`.
        found = ask(["init", "xonsh", "--find", "--", *args], subprocess.PIPE, subprocess.DEVNULL)[1].split()
        if len(found) != 2:
            # No program. Where a switch is meant, this shell must not keep what it has.
            found = ["switch", "0"] if {"use", "off", "renew"} & set(args) else ["pass", "0"]
        at = int(found[1])
        if found[0] == "switch":
            return switch([*args[:at], "--shell", "xonsh", *args[at:]] if at else args)
        return PASS

    def pass_on(args, stdin=None, stdout=None, stderr=None, spec=None, stack=None):
        status = awsenv(args)
        if status is not PASS:
            return status
        stdin = None if stdin is sys.stdin else stdin
        # What xonsh would only copy to the terminal goes there by itself, so that the program finds a terminal.
        if getattr(spec, "captured", "") == "hiddenobject":
            stdout = None if getattr(spec, "captured_stdout", None) else stdout
            stderr = None if getattr(spec, "captured_stderr", None) else stderr
        try:
            return subprocess.run([program, *args], env=env().detype(), stdin=stdin, stdout=stdout, stderr=stderr).returncode
        except OSError as error:
            print(f"awsenv: {program} cannot be run: {error.strerror}", file=sys.stderr)
            return 127

    PASS = object()
    aliases["awsenv"] = pass_on
    events.on_pre_prompt(hook)
    if env().get("AWSENV_OPT_PROMPT") != "0" and env().get("XONSH_INTERACTIVE"):
        env()["PROMPT_FIELDS"]["awsenv"] = segment
        prompt = env().get("PROMPT")
        if isinstance(prompt, str) and "{awsenv}" not in prompt:
            env()["PROMPT"] = "{awsenv}" + prompt
    return hook


_awsenv_hook = _awsenv_load()
del _awsenv_load
