"""What a page tells a reader to type, typed: its blocks of one kind, one after the other in one bash, in an empty folder.

A line that begins with "$ " is run; the lines that follow, up to the next command, comment or end of the block, are what it must
print. A command with nothing below it may print anything, unless it runs with --cron, --quiet or into a file: then nothing. Ids and
times in the page are examples: the first time one is printed it stands for what really came, and from then on for just that.
"""

import os
import re
import subprocess

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
# What differs from store to store and from day to day, in output; `now` and `2s ago` are the same to a reader.
EXAMPLES = re.compile(
    r"ses_[0-9a-z]{8}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z|\d\d:\d\d:\d\dZ|now|\d+s ago|(?<=by )\w+(?= at )"
    r"|(?<=head )[\w-]{43}")
END = "-- end of {} --"


def steps(page, kind):
    """(command, the lines it must print) for every command in the blocks of a page that begin with ```KIND."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        blocks = re.findall(rf"^```{kind}\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    found = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line and not line.startswith("# "):
            found[-1][1].append(line)
    return found


class Meanings:
    """What the examples of the page stand for."""

    def __init__(self):
        self.real = {}

    def filled(self, command):
        return re.sub(r"ses_[0-9a-z]{8}", lambda example: self.real.get(example[0], example[0]), command)

    def differs(self, wanted, got):
        """Why `got` is not what the page shows; None when it is, but for its examples. Columns may be wider or narrower."""
        wanted, got = " ".join(wanted.split()), " ".join(got.split())
        if EXAMPLES.split(wanted) != EXAMPLES.split(got):
            return f"{got!r}, not {wanted!r}"
        for example, real in zip(EXAMPLES.findall(wanted), EXAMPLES.findall(got)):
            if example.startswith("ses_") and self.real.setdefault(example, real) != real:
                return f"{example} stood for {self.real[example]}, not {real}"
        return None


def play(checks, page, kind, binary, folder, **environment):
    """Types the page's commands in `folder`, where they find tokenctl on their path, and checks what each does."""
    typed, meanings = steps(page, kind), Meanings()
    checks.that(f"{page} shows commands", typed)
    environment |= {"PATH": f"{os.path.dirname(binary)}:/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8",
                    "TOKENCTL_OUTPUT": "table"}  # as on a terminal, also where there is none
    with subprocess.Popen(
            ["bash", "--norc"], cwd=folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as bash:
        for number, (command, wanted) in enumerate(typed):
            end, got, code = END.format(number), [], "bash ended"
            bash.stdin.write(f"{meanings.filled(command)}\n{{ code=$?; echo; echo '{end}' $code; }} 2>&1\n")
            bash.stdin.flush()
            for line in bash.stdout:
                if line.startswith(end):
                    code = line.removeprefix(end).strip()
                    break
                got += [line.rstrip("\n")] if line.strip() else []
            checks.that(command, code == "0", f"exit {code}: {got}")
            if wanted or re.search(r"--cron|--quiet|> ", command):
                differences = [meanings.differs(*pair) for pair in zip(wanted, got)]
                differences = [difference for difference in differences if difference]
                checks.that(f"and it prints what {page} shows", not differences and len(got) == len(wanted),
                            f"{differences or got}")
        bash.stdin.close()
