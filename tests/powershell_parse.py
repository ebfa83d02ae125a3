"""PowerShell cannot be had here: a parser reads the script of `awsenv init powershell` and the refusal of a failing `use`.

usage: tests/powershell_parse.py AWSENV
"""

import subprocess
import sys

import tree_sitter
import tree_sitter_powershell

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def checked(what, source):
    """The tree, which has no error in it."""
    tree = PARSER.parse(source).root_node
    wrong = [node for node in nodes(tree) if node.type == "ERROR" or node.is_missing]
    for node in wrong:
        print(f"{what}: line {node.start_point.row + 1}: {source[node.start_byte:node.start_byte + 60]!r}")
    if wrong or not source.strip():
        sys.exit(f"{what} is no PowerShell")
    return tree


program = sys.argv[1]
script = subprocess.run([program, "init", "powershell"], stdout=subprocess.PIPE, check=True).stdout
checked("the script", script)

arguments = [program, "use", "no-such-profile", "--shell", "powershell"]
refusal = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
tree = checked("the refusal", refusal)
literals = {node.text for node in nodes(tree) if node.type == "verbatim_string_characters"}
if b"'awsenv-refused'" not in literals:
    sys.exit(f"the refusal holds no literal of its own: {sorted(literals)}")

# One syntactic unit: no part of it that ends within the braces is whole.
text = refusal.rstrip()
whole = [end for end in range(3, len(text)) if not PARSER.parse(text[:end]).root_node.has_error]
if whole:
    sys.exit(f"the refusal is whole when it is cut off at {whole}")
print("no error in the script and the refusal, and no part of the refusal is whole")
