# awsenv: completions for xonsh. The program reads files only, and quotes each word for this command line.
def __awsenv_register():
    import os
    import subprocess

    from xonsh.completers.completer import add_one_completer
    from xonsh.completers.tools import RichCompletion, contextual_command_completer

    @contextual_command_completer
    def awsenv_completer(context):
        """Verbs, options, profiles, regions, classes and accounts of awsenv."""
        words = [arg.value for arg in context.args[: context.arg_index]]
        # In quotes the word goes on as a string, which has rules of its own.
        if not words or words[0] != "awsenv" or context.opening_quote:
            return None
        env = dict(__xonsh__.env.detype())
        env.update({"@VARIABLE@": "xonsh", "@VARIABLE@_INDEX": str(len(words))})
        try:
            run = subprocess.run(
                [@AWSENV@, "--", *words, context.prefix],
                env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=5,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = []
        for line in run.stdout.decode("utf-8", "replace").splitlines():
            value, _, help = line.partition("\t")
            found.append(
                RichCompletion(value, description=help, prefix_len=len(context.raw_prefix), append_space=True)
            )
        return found, False

    add_one_completer("awsenv", awsenv_completer, "start")


__awsenv_register()
del __awsenv_register
