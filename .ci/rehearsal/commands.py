"""The commands that a page has."""

import re

# Before a block of commands that needs what a trial does not have.
LEFT_OUT = "<!-- not in a trial -->"


def blocks(page):
    """The blocks that are typed into a shell, in their order."""
    lines, found, left_out = iter(page.splitlines()), [], False
    for line in lines:
        if line.strip() == LEFT_OUT:
            left_out = True
        elif fence := re.fullmatch(r"( *)```sh", line):
            block = []
            for inner in lines:
                if inner.strip() == "```":
                    break
                block.append(inner.removeprefix(fence[1]))
            if not left_out:
                found.append("\n".join(block))
            left_out = False
    return found


def section(page, heading):
    """What stands under a heading."""
    _, _, after = page.partition(f"{heading}\n")
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]
