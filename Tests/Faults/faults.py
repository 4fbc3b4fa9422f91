"""Every verb under every fault: killed anywhere, refused by the kernel anywhere, without room, without power.

usage: faults.py TOKENCTL [--kills N] [--points N] [--levels N] [--images N] [--verbs TEXT] [--jobs N] [--seed N]

N is how many of each a verb gets; "all" is every call it makes, every level of a filling disk. Exit 0 when nothing was lost.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

import rooms
import tracing
from disk import Disk
from judge import CODES, Judge, Reference
from stores import Checks, Example, Result, Trial
from verbs import CHANGING, known, tree

ALL = 1 << 30
WAYS = ("dropped", "torn", "kept")


class Session:
    """All trials of one verb: an example that is made anew before anything in it expires, and what was found."""

    def __init__(self, binary, verb, seed):
        self.binary, self.verb = binary, verb
        self.chance = random.Random(f"{seed} {verb.title}")
        self.cycles, self.losses = Counter(), []
        self.example = self.reference = None

    def renew(self):
        if self.example is None or not self.example.is_fresh:
            self.end()
            self.example = Example(self.binary)
            self.reference = Reference(Trial(self.example, self.verb), self.example.folder + ".calls")
            self.points = tracing.points(self.reference.calls, self.binary)

    def end(self):
        if self.example:
            shutil.rmtree(self.example.folder, ignore_errors=True)

    @contextlib.contextmanager
    def trial(self, kind, said):
        """One trial; what is wrong with it is whatever the body appends."""
        self.renew()
        found = []
        try:
            yield Trial(self.example, self.verb), found
        except subprocess.TimeoutExpired as error:
            found.append(f"does not end: {error}")
        self.cycles[kind] += 1
        self.losses += [f"{said}: {flaw}" for flaw in found]

    def judged(self, trial, *arguments, **options):
        return Judge(trial, self.reference, self.chance.random() < 0.3).flaws(*arguments, **options)

    # The faults

    def kills(self, count):
        """At random instants; every other time beside an application that has the store open."""
        for number in range(count):
            with self.trial("kills", f"kill {number}") as (trial, found):
                if number == 0:
                    began = time.monotonic()
                    trial.call()
                    self.lasts = time.monotonic() - began
                    trial.reset()
                beside = number % 2 == 1 and not self.verb.founding
                with trial.example.open_elsewhere() if beside else contextlib.nullcontext():
                    found += self.judged(trial, killed(trial, self.chance.uniform(0, 1.2) * self.lasts))

    def injections(self, count):
        self.renew()
        for index in sample(self.chance, len(self.points), count):
            for what in ("signal=KILL", "error=EIO", "error=ENOSPC"):
                self.inject(index, what, "")
        # A disk that is full or gone stays so.
        lasting = [index for index, call in enumerate(self.points) if call.name in ("pwrite64", "fdatasync", "fsync")]
        for index in sample(self.chance, len(lasting), min(count // 2, 24)):
            for what in ("error=EIO", "error=ENOSPC"):
                self.inject(lasting[index], what, "+")

    def inject(self, index, what, onwards):
        self.renew()
        if index >= len(self.points):
            return
        call = self.points[index]
        # Memory that cannot be mapped says so in its own word.
        what = what.replace("error=EIO", "error=ENOMEM").replace("error=ENOSPC", "error=EACCES") if call.name == "mmap" else what
        kind = "calls killed" if "KILL" in what else "calls refused"
        with self.trial(kind, f"{what} at {call.name} {call.ordinal}{onwards} of {call.path}") as (trial, found):
            result = trial.call(*tracing.injecting(call, what, onwards))
            found += self.judged(trial, result, told=call.path != "stderr")

    def cuts(self, count):
        """Images of the disk at random points of the recorded run, with some of what was not synced."""
        if count == 0:
            return
        self.renew()
        places = [number for number, call in enumerate(self.reference.calls) if call in self.points] + [None]
        for number in range(count):
            self.renew()
            calls = self.reference.calls
            at = places[number * len(places) // count] if count < len(places) else places[number % len(places)]
            at = len(calls) if at is None else min(at, len(calls))
            way = WAYS[number % len(WAYS)] if count < len(places) else self.chance.choice(WAYS)
            with self.trial("images", f"power cut before call {at} of {len(calls)}, {way}") as (trial, found):
                disk = Disk(trial.example.folder)
                for call in calls[:at]:
                    disk.apply(call)
                trial.example.clear()
                disk.lay(disk.image(way, self.chance))
                printed = at == len(calls) or any(call.path == "stdout" for call in calls[:at])
                found += self.judged(trial, None, acknowledged=printed)

    def rooms(self, count):
        """A disk that fills up, one that may only be read, and one that is somebody else's."""
        self.renew()
        with rooms.small_disk(self.example) as limit:
            for level in sample(self.chance, rooms.LEVELS, count):
                with self.trial("disks", f"{level * 4} KiB left") as (trial, found):
                    result = limit(trial, level)
                    found += self.judged(trial, result)
                    if result.code == self.reference.code and count == ALL and level > rooms.ENOUGH:
                        break
        for name, forbid in rooms.FORBIDDING.items():
            with self.trial("disks", name) as (trial, found):
                found += self.judged(trial, forbid(trial), codes=CODES | {66})


def killed(trial, after):
    process = trial.start()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    return Result(subprocess.CompletedProcess([], process.returncode, out.encode(), err.encode()))


def sample(chance, count, wanted):
    return range(count) if wanted >= count else sorted(chance.sample(range(count), wanted))


def session(binary, verb, figures):
    """All of one verb, in a process of its own."""
    it = Session(binary, verb, figures.seed)
    try:
        it.renew()
        it.losses += it.reference.flaws(verb)
        it.kills(figures.kills)
        if figures.traced:
            it.injections(figures.points)
            it.cuts(figures.images)
        it.rooms(figures.levels)
    finally:
        it.end()
    return it.cycles, it.losses


def figures():
    def number(text):
        return ALL if text == "all" else int(text)

    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary", type=os.path.realpath)
    for name, standard in (("kills", 2), ("points", 2), ("levels", 1), ("images", 3), ("jobs", os.cpu_count() or 1)):
        parser.add_argument(f"--{name}", type=number, default=standard)
    parser.add_argument("--verbs", default="")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "20261121")))
    return parser.parse_args()


def main():
    asked = figures()
    checks = Checks()
    said = tracing.why_not()
    asked.traced = said is None
    if said:
        print(f"skipped: injected faults and power cuts: {said}")
        checks.that("faults can be injected in CI", os.environ.get("CI") != "true", said)
    print(f"seed {asked.seed}; {rooms.kind()}")
    checks.equal("every verb is tried, or known to read only", sorted(tree(asked.binary) ^ known()), [])
    verbs = [verb for verb in CHANGING if asked.verbs in verb.title]
    total = Counter()
    with ProcessPoolExecutor(asked.jobs) as pool:
        running = {pool.submit(session, asked.binary, verb, asked): verb for verb in verbs}
        for done in as_completed(running):
            cycles, losses = done.result()
            total += cycles
            counts = ", ".join(f"{count} {kind}" for kind, count in cycles.items())
            shown = "".join(f"\n       {loss}" for loss in losses[:8])
            checks.that(f"{running[done].title}: {counts}; lost {len(losses)}", not losses, shown)
    print(f"in all: {', '.join(f'{count} {kind}' for kind, count in total.items())}")
    checks.end()


if __name__ == "__main__":
    main()
