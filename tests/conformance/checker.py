"""What the checkers of the tree have in common: findings go to stdout, one a line."""

import pathlib
import sys


def run(check):
    """The exit code of check(root) as a command whose only argument is the root, by default "."."""
    findings = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for finding in findings:
        print(finding)
    return 1 if findings else 0
