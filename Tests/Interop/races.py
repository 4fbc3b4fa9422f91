"""Many processes spend one refresh token at the same time: one rotation, one successor for all of them, nobody logged out.

usage: races.py TOKENCTL [PROCESSES [ROUNDS [RACER]]]      24 processes, 2 rounds unless said otherwise

With RACER (Tests/Racer) the processes are applications that stay open from round to round. Then the other side: after the
grace, the same token from as many processes is a replay, counted, and ended once.
"""

import json
import subprocess
import sys
import time

from harness import Checks, World

LOCK = ["--lock-timeout", "60s"]  # with hundreds waiting for one writer, the standard five seconds are not enough
DEADLINE = 600


def race(world, token, count):
    """The answers of `count` processes that get the token at once: each has started and waits on its standard input."""
    processes = [world.start("token", "refresh", "-", "--client", "web", "--json", *LOCK) for _ in range(count)]
    for process in processes:
        process.stdin.write(token)
        process.stdin.close()
        process.stdin = None
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=DEADLINE)
        answers.append((process.returncode, world.parsed(out), err.strip()))
    return answers


class RaceWorld(World):
    @staticmethod
    def parsed(text):
        return json.loads(text) if text.strip() else {}

    def family(self, user):
        return self.run("refresh", "list", "--user", user, "--state", "all", "--json").json["items"][0]


class Applications:
    """Processes that each answer one line with one line, and end when there are no more."""

    def __init__(self, racer, world, count):
        self.processes = [
            subprocess.Popen(
                [racer, world.path("tokens.db"), world.path("master.key")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env=world.environment, text=True, bufsize=1)
            for _ in range(count)]

    def race(self, token):
        for process in self.processes:
            process.stdin.write(token + "\n")
        answers = [json.loads(process.stdout.readline() or "{}") for process in self.processes]
        return [(0 if "access_token" in answer else 1, answer, answer.get("reason", "it ended")) for answer in answers]

    def end(self):
        for process in self.processes:
            process.stdin.close()
        return [process.wait(DEADLINE) for process in self.processes]


def rounds(checks, world, count, repeats, racer=None):
    applications = Applications(racer, world, count) if racer else None
    wrong = {"exits": [], "rotations": [], "successors": [], "access tokens": [], "states": []}
    token = world.log_in("alice")["refresh_token"]
    for number in range(1, repeats + 1):
        answers = applications.race(token) if applications else race(world, token, count)
        for code, _, err in answers:
            if code != 0:
                wrong["exits"].append((number, code, err))
        successors = {answer.get("refresh_token") for _, answer, _ in answers}
        if len(successors) != 1:
            wrong["successors"].append((number, len(successors)))
        if len({answer.get("access_token") for _, answer, _ in answers}) != count:
            wrong["access tokens"].append(number)
        family = world.family("alice")
        if family["generation"] != number + 1:
            wrong["rotations"].append((number, family["generation"]))
        if family["state"] != "active" or family["replays"]:
            wrong["states"].append((number, family["state"], family["replays"]))
        token = successors.pop()
        if token is None:
            break
    of = f"{count} {'applications' if applications else 'processes'}, {repeats} rounds"
    if applications:
        checks.equal(f"{of}: each ends well", set(applications.end()), {0})
    checks.equal(f"{of}: each is answered", wrong["exits"][:3], [])
    checks.equal(f"{of}: one rotation a round", wrong["rotations"][:3], [])
    checks.equal(f"{of}: all are given the same successor", wrong["successors"][:3], [])
    checks.equal(f"{of}: each has an access token of its own", wrong["access tokens"][:3], [])
    checks.equal(f"{of}: no race ends the family or counts as a replay", wrong["states"][:3], [])
    return token


def replays(checks, world, count):
    spent = world.log_in("bob")["refresh_token"]
    # Before it is spent: the window is as it was then.
    world.run("policy", "set", "refresh.grace", "0s", "--reason", "race", "--yes")
    world.run("token", "refresh", "-", stdin=spent)
    time.sleep(0.01)
    answers = race(world, spent, count)
    reasons = {answer.get("reason") for _, answer, _ in answers}
    checks.equal(f"{count} replays at once are all refused as such", reasons, {"replayed"})
    checks.equal("each with exit 1", {code for code, _, _ in answers}, {1})
    family = world.family("bob")
    checks.equal("each is counted", family["replays"], count)
    checks.equal("the login has ended", (family["state"], family["end_reason"]), ("ended", "replay"))
    events = [event for event in world.run("audit", "list", "--json").json["items"] if event["verb"] == "refresh.replay"]
    checks.equal("it is one event", len(events), 1)
    checks.equal("nobody else is touched", world.family("alice")["state"], "active")


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    racer = sys.argv[4] if len(sys.argv) > 4 else None
    checks = Checks()
    with RaceWorld(binary, "--alg", "ES256") as world:
        # The widest grace there is: a window that a busy machine cannot outlast.
        world.run("policy", "set", "refresh.grace", "60s", "--reason", "race", "--yes")
        rounds(checks, world, count, repeats, racer)
        replays(checks, world, count)
        checks.equal("the audit record is whole", world.run("audit", "verify").code, 0)
    checks.end()
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
