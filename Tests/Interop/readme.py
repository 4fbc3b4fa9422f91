"""README.md, typed from its first command to its last in an empty folder.

usage: readme.py TOKENCTL
"""

import os
import sys
import tempfile

from harness import Checks
from typed import play


def main(binary):
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        play(checks, "README.md", "console", binary, folder)
    checks.end()


if __name__ == "__main__":
    main(os.path.realpath(sys.argv[1]))
