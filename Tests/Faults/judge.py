"""What must hold after a fault, whatever the fault was."""

import json
import os
import re
from collections import Counter, defaultdict

from disk import Disk
from stores import DATABASE, change, flaw_of_output, flaws_of_file
from tracing import record
from verbs import BATCHES

#: What a fault of the machine may end in: cannot create, I/O or full, busy, not permitted. 70 is a bug, and 1 is an answer.
CODES = {0, 73, 74, 75, 77}
KILLED, TOO_LARGE = -9, -25
#: Calls after which the store may be in another state.
SEALING = {"fdatasync", "fsync", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"}
#: What batches set with the first of them, and take back with the last.
MARKS = {"sweep_due"}
TRACES = re.compile(r"Fatal error|Stack dump|stack trace|Backtrace|Thread \d+ crashed|Illegal instruction|\.swift:\d+")


class Reference:
    """What the verb does when nothing happens to it: the states it goes through, and how it ends."""

    def __init__(self, trial, log):
        self.before = trial.rows()
        disk = Disk(trial.example.folder)
        self.result, self.calls = record(trial, log)
        self.code, self.last = self.result.code, change(self.before, trial.rows())
        self.critical = critical(trial.example.run("doctor", "--json").json)
        self.states = {change(self.before, self.before), self.last}
        order = [change(self.before, self.before)]
        for call in self.calls:
            disk.apply(call)
            if call.name in SEALING and (call.path or "").startswith(trial.example.folder):
                state = self.imagined(trial, disk)
                if state != order[-1]:
                    order.append(state)
        self.states |= set(order)
        self.first = order[1] if len(order) > 1 else order[0]
        #: How often the store changed.
        self.commits = len(order) - 1

    def passes(self, state, verb):
        """Whether it is a state on the way: of an act, with some of what follows it; of batches, after some of them."""
        if verb.commits == 1 or isinstance(state, str):
            return False
        first = {} if verb.commits == BATCHES else dict(self.first)
        (least, least_columns), (most, most_columns) = (summed(what) for what in (first, dict(self.last)))
        counts, columns = summed(dict(state))
        if verb.commits == BATCHES:
            most_columns["store"] |= MARKS
        return (all(least[what] <= counts[what] <= most[what] for what in least | counts | most)
                and all(least_columns[table] <= columns[table] <= most_columns[table]
                        for table in least_columns.keys() | columns.keys() | most_columns.keys()))

    def imagined(self, trial, disk):
        trial.example.clear()
        disk.lay(disk.image("kept", None))
        return change(self.before, trial.rows())

    def flaws(self, verb):
        """What is wrong with the verb before any fault."""
        found = []
        if self.commits > verb.commits:
            found.append(f"{self.commits} transactions, where {verb.commits} were announced")
        if verb.audited and any(state != "absent" and state and not any(what[0][:2] == ("audit_event", "added") for what in state)
                                for state in self.states):
            found.append("a state without its audit event")
        if self.code not in verb.codes:
            found.append(f"exit {self.code}: {self.result.err.strip()[:200]}")
        return found


def summed(state):
    """How many rows came and went by table, and which columns changed."""
    counts, columns = Counter(), defaultdict(set)
    for (table, happened, *changed), count in state.items():
        if changed:
            columns[table] |= set(changed[0])
        else:
            counts[table, happened] += count
    return counts, columns


#: A key's private half is destroyed by the next write or cleanup, where the act itself could not: facts of their own.
DESTRUCTION = {"overwritten_at", "destroyed_at"}


def settled(state):
    """The state without what may follow an act that was acknowledged."""
    if isinstance(state, str):
        return state
    counts, columns = summed(dict(state))
    return counts, {table: changed - DESTRUCTION for table, changed in columns.items()}


def critical(health):
    return {check["check"] for check in health["checks"] if check["answer"] == "critical"}


class Judge:
    def __init__(self, trial, reference, comes_first):
        self.trial, self.reference, self.comes_first = trial, reference, comes_first
        self.world = trial.example

    def flaws(self, result=None, acknowledged=None, codes=CODES, told=True):
        """Everything that is wrong after `result`, or after a power cut where there is none. Without `told` the fault hit the
        message itself."""
        found = self.of_result(result, codes, told) if result else []
        if acknowledged is None:
            acknowledged = result.code == self.reference.code or result.out != ""
        if not os.path.exists(self.trial.path(DATABASE)):
            if acknowledged or not self.trial.verb.founding:
                return found + ["there is no database"]
            again = self.trial.call()
            if again.code:
                return found + [f"init afterwards: {again}"]
            acknowledged = True
        # Whoever is the first to open what a fault left takes the log in: sometimes tokenctl, sometimes another program.
        if self.comes_first and (read := self.world.run("audit", "verify")).code:
            found.append(f"audit verify: {read}")
        found += [f"the file: {flaw}" for flaw in flaws_of_file(self.trial.path(DATABASE))[:3]]
        return found + self.of_state(acknowledged) + self.of_store(acknowledged) + self.of_drafts()

    def of_result(self, result, codes, told):
        found = []
        if result.code not in {*codes, self.reference.code, KILLED, TOO_LARGE}:
            found.append(f"exit {result.code}: {result.err.strip()[:200]}")
        elif (result.code not in (self.reference.code, KILLED, TOO_LARGE) and told and not self.trial.verb.stepwise
              and (flaw := result.flaw)):
            found.append(f"exit {result.code}, {flaw}")
        if TRACES.search(result.err):
            found.append(f"a trace: {result.err[:200]!r}")
        return found

    def of_store(self, acknowledged):
        """What tokenctl says of the store, and whether it goes on with it: a login, with what it has to sign."""
        with_tokens = "" if "--no-key" in self.trial.arguments else " --with-tokens"
        said = self.world.run(
            "shell", "--keep-going", "-c", "audit verify", "-c", "doctor --json",
            "-c", f"session create --user next --client next --json{with_tokens}")
        try:
            record, health, login = said.out.splitlines()
            grave = critical(json.loads(health)) - self.reference.critical
            # An act that was cut short leaves something due, but no damage; one that was acknowledged nothing at all.
            found = [f"doctor finds {check} critical" for check in grave if acknowledged or check in DAMAGE]
            if not record.startswith("intact") or "session_id" not in json.loads(login):
                found.append(f"afterwards: {said.out[:200]}")
            return found
        except ValueError:
            return [f"afterwards: {said}; {said.out[-200:]}"]

    def of_state(self, acknowledged):
        outputs = self.trial.outputs()
        found = [f"{name}: {flaw}" for name, content in outputs.items()
                 if (flaw := flaw_of_output(self.trial.path(name), content))]
        state = change(self.reference.before, self.trial.rows())
        if state not in self.reference.states and not self.reference.passes(state, self.trial.verb):
            return found + [f"half an act: {told(state)}"]
        # What it printed, or ended well, it has done.
        if acknowledged:
            if settled(state) != settled(self.reference.last) and not self.trial.verb.stepwise:
                found.append(f"acknowledged, but only: {told(state)}")
            missing = [name for name, content in outputs.items() if content is None]
            if missing and not self.trial.verb.stepwise:
                found.append(f"acknowledged, but there is no {missing}")
        return found

    def of_drafts(self):
        """Whatever was half made is gone once the verb is called again; but for a key set, which is no secret, and goes with
        the next publication, and the whole copies that each attempt to restore keeps of the database as it was."""
        if not self.trial.strangers():
            return []
        self.trial.call()
        left = [name for name in self.trial.strangers() if not name.startswith(("tokens.jwks.json.", "tokens.db.before-"))]
        return [f"left behind: {left}"] if left else []


DAMAGE = {"schema", "integrity", "references", "audit_chain", "sealed_keys", "file_permissions", "directory_permissions",
          "private_halves"}


def told(state):
    return state if isinstance(state, str) else json.dumps(sorted([*map(str, what), count] for what, count in state))
