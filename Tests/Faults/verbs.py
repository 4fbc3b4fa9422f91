"""Every verb of the command tree: how it is called on the example store, or why it cannot lose anything.

`Verb.commits` is how many transactions an act may be seen between; anything else than one says why. `faults.py` compares the
names here with those that `tokenctl help` lists, so that a new verb cannot be forgotten.
"""

import re
import subprocess
from dataclasses import dataclass

REASON = ("--reason", "INC-9", "--yes")


@dataclass(frozen=True)
class Verb:
    name: str
    arguments: tuple = ()
    stdin: str = ""
    #: Files that it makes or replaces beside the store.
    outputs: tuple = ()
    #: Files of the example that are taken away first.
    without: tuple = ()
    #: Whether its change has an event in the audit record; logins, refreshes and reads are facts on their rows.
    audited: bool = True
    commits: int = 1
    #: It begins where there is no store yet.
    founding: bool = False
    codes: tuple = (0,)
    #: Several acts, each acknowledged by itself.
    stepwise: bool = False
    #: A word that tells it from another way to call the same verb.
    way: str = ""

    @property
    def title(self):
        return f"{self.name} {self.way}".strip()

    def call(self, facts):
        return [*self.name.split(), *(argument.format(**facts) for argument in self.arguments)], self.stdin.format(**facts)


#: An act, and what follows it in a file: that its keys were published, that the new master key has its place.
PUBLISHED = 2
#: And that the private half of a key that lost all trust is gone from the disk.
DESTROYED = 3
#: A lease, batches of each part, the run's end, and destroyed private halves.
BATCHES = 12

CHANGING = [
    Verb("init", ("--issuer", "https://login.example.org", "--audience", "api"), founding=True,
         outputs=("master.key", "tokens.jwks.json"), commits=PUBLISHED),
    Verb("init", ("--if-missing", "--no-key"), founding=True, outputs=("master.key",), way="--if-missing --no-key"),
    Verb("migrate", audited=False),
    Verb("cleanup", ("--older-than", "0s", "--vacuum", "incremental"), audited=False, commits=BATCHES),
    Verb("cleanup", ("--only", "denylist,keys"), audited=False, commits=BATCHES, way="--only denylist,keys"),
    Verb("session create", ("--user", "erin", "--client", "tv"), audited=False),
    Verb("session create", ("--user", "erin", "--client", "tv", "--with-tokens"), audited=False, way="--with-tokens"),
    Verb("session regenerate", ("{alice_web}",), audited=False),
    Verb("session touch", ("{bob}",), audited=False),
    Verb("session revoke", ("{alice_web}", "--reason", "INC-9")),
    Verb("session revoke", ("--user", "alice", *REASON), way="--user"),
    Verb("session revoke", ("--all", *REASON, "--confirm", "everyone"), way="--all"),
    Verb("user logout", ("alice", *REASON)),
    Verb("user logout", ("alice", "--keep", "{alice_web}", *REASON), way="--keep"),
    Verb("client logout", ("web", *REASON, "--confirm", "web")),
    Verb("refresh revoke", ("{family}", "--reason", "INC-9")),
    Verb("refresh revoke", ("{family}", "--end", "session", "--reason", "INC-9"), way="--end session"),
    Verb("token issue", ("--user", "erin", "--client", "tv"), audited=False),
    Verb("token issue", ("--user", "alice", "--session", "{alice_web}"), audited=False, way="--session"),
    Verb("token refresh", ("-", "--client", "web"), stdin="{refresh_token}", audited=False),
    Verb("token refresh", ("-", "--client", "web"), stdin="{spent_token}", codes=(1,), way="of a spent token"),
    Verb("key generate", outputs=("tokens.jwks.json",), commits=PUBLISHED),
    Verb("key publish", outputs=("tokens.jwks.json",), without=("tokens.jwks.json",)),
    Verb("key publish", ("{folder}/other.jwks.json",), outputs=("other.jwks.json",), way="FILE"),
    Verb("key rotate", outputs=("tokens.jwks.json",), commits=PUBLISHED),
    Verb("key rotate", ("--emergency", *REASON), outputs=("tokens.jwks.json",), commits=PUBLISHED, way="--emergency"),
    Verb("key rotate", ("--fresh", *REASON, "--confirm", "{active}"), outputs=("tokens.jwks.json",), commits=DESTROYED,
         way="--fresh"),
    Verb("key rotate", ("--back", *REASON), outputs=("tokens.jwks.json",), commits=PUBLISHED, way="--back"),
    Verb("key remove", ("{old}", *REASON), outputs=("tokens.jwks.json",), commits=PUBLISHED),
    Verb("key revoke", ("{active}", "--cause", "compromised", "--replace", *REASON, "--confirm", "{active}"),
         outputs=("tokens.jwks.json",), commits=DESTROYED, way="--replace"),
    Verb("key revoke", ("{old}", "--cause", "superseded", *REASON, "--confirm", "{old}"),
         outputs=("tokens.jwks.json",), commits=PUBLISHED, way="of a retiring key"),
    Verb("key import", ("{folder}/legacy.secret", "--secret-format", "text", "--until", "30d", *REASON),
         outputs=("tokens.jwks.json",), commits=PUBLISHED, way="of a secret"),
    Verb("key import", ("{folder}/public.jwk", "--until", "30d", *REASON),
         outputs=("tokens.jwks.json",), commits=PUBLISHED, way="of a public key"),
    Verb("key rewrap", REASON, outputs=("master.key",), commits=PUBLISHED),
    Verb("key export pem", ("{active}", "--private", "--out", "{folder}/key.pem", *REASON, "--confirm", "key.pem"),
         outputs=("key.pem",)),
    Verb("key export jwks", ("--out", "{folder}/set.json"), audited=False, outputs=("set.json",)),
    Verb("denylist add", ("--user", "bob", *REASON)),
    Verb("denylist add", ("--everyone", *REASON, "--confirm", "everyone"), way="--everyone"),
    Verb("denylist remove", ("{rule}", *REASON, "--expect-count", "1")),
    Verb("denylist export", ("--out", "{folder}/fresh.ndjson"), audited=False, outputs=("fresh.ndjson",)),
    Verb("denylist import", ("{folder}/denylist.ndjson", *REASON)),
    Verb("audit checkpoint", ("--out", "{folder}/monday.jws"), audited=False, outputs=("monday.jws",)),
    Verb("policy set", ("access.ttl", "5m", *REASON)),
    Verb("backup create", ("{folder}/copy.db",), audited=False, outputs=("copy.db",)),
    Verb("backup restore", ("{folder}/early.db", *REASON, "--confirm", "early.db"), outputs=("tokens.jwks.json",),
         commits=PUBLISHED),
    Verb("metrics", ("--textfile", "{folder}/tokenctl.prom"), audited=False, outputs=("tokenctl.prom",)),
    Verb("shell", ("-c", "session revoke {alice_web} --reason INC-9", "-c", "policy set access.ttl 5m --reason INC-9 --yes"),
         commits=2, stepwise=True),
]

#: They only read; nothing of theirs has to be durable.
READING = {
    "status", "doctor", "session list", "session show", "user list", "user show", "client list", "client show",
    "refresh list", "refresh show", "token verify", "token inspect", "token introspect", "key list", "key show",
    "key timeline", "denylist list", "denylist check", "audit list", "audit verify", "audit export", "stats",
    "policy list", "policy get", "backup verify", "completion bash", "completion zsh", "completion fish", "help",
}


def known():
    return READING | {verb.name for verb in CHANGING}


def tree(binary, path=()):
    """Every verb that the program's own help lists."""
    shown = subprocess.run([binary, "help", *path], capture_output=True, text=True, check=True, timeout=60).stdout
    listed = re.search(r"^COMMANDS:\n(.*?)\n\n", shown + "\n\n", re.DOTALL | re.MULTILINE)
    if not listed:
        return {" ".join(path)}
    names = re.findall(r"^  ([a-z]+)(?:, [a-z]+)*(?: |$)", listed[1], re.MULTILINE)
    return set().union(*(tree(binary, (*path, name)) for name in names))
