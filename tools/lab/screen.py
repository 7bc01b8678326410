"""Progress for people: one line that is redrawn on a terminal, one line now and then elsewhere."""

import shutil
import sys
import time


class Screen:
    def __init__(self, out=sys.stderr, plain_every_s=10):
        self.out = out
        self.terminal = out.isatty()
        self.plain_every_s = plain_every_s
        self.last_plain = float("-inf")
        self.drawn = False

    def bar(self, part, text, width=24):
        """A bar filled to `part` (0 to 1) with text beside it."""
        part = min(max(part, 0.0), 1.0)
        filled = round(part * width)
        self.line(f"[{'#' * filled}{'.' * (width - filled)}] {part:4.0%}  {text}")

    def line(self, text):
        if self.terminal:
            columns = shutil.get_terminal_size().columns
            self.out.write("\r\033[K" + text[:columns - 1])
            self.drawn = True
        elif time.monotonic() - self.last_plain >= self.plain_every_s:
            self.out.write(text + "\n")
            self.last_plain = time.monotonic()
        self.out.flush()

    def say(self, text):
        """A line that stays."""
        if self.drawn:
            self.out.write("\r\033[K")
            self.drawn = False
        self.out.write(text + "\n")
        self.out.flush()


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
