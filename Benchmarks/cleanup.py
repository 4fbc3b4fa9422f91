"""What Benchmarks/cleanup measures; see there."""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

tokenctl, writer, store, master_key, runs = sys.argv[1:5] + [int(sys.argv[5])]
copy = store + ".run"
BATCH = 25  # milliseconds, the standard of --batch-time
MIB = 1 << 20
CLEANUP = [tokenctl, "--db", copy, "--master-key", master_key, "cleanup", "--older-than", "0s", "--json"]


def fresh():
    for end in ("", "-wal", "-shm"):
        if os.path.exists(copy + end):
            os.remove(copy + end)
    shutil.copyfile(store, copy)
    os.chmod(copy, 0o600)
    os.sync()


class Watch(threading.Thread):
    """The highest write-ahead log while something runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.highest, self.over = 0, threading.Event()

    def run(self):
        while not self.over.wait(0.005):
            try:
                self.highest = max(self.highest, os.path.getsize(copy + "-wal"))
            except OSError:
                pass

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def timed(command):
    """Seconds, peak memory in bytes, and what it wrote."""
    read, write = os.pipe()
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)])
    os.close(write)
    with os.fdopen(read) as pipe:
        out = pipe.read()
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"cleanup: {' '.join(command)} ended in {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss * 1024, out


def sessions():
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*), (SELECT count(*) FROM refresh_family) FROM session").fetchone()


ENTRIES = ["session_by_user", "session_by_ip", "session_by_device", "session_by_last_seen", "session_by_end"]


def deletes(leaving):
    """The shell's statements: entries go with each session, by triggers; or, leaving them, by one statement a table at the end."""
    now = int(time.time() * 1000)
    rows = f"""
        DELETE FROM refresh_family WHERE session_id IN (SELECT id FROM session WHERE alive_until < {now});
        DELETE FROM session WHERE alive_until < {now};"""
    if leaving:
        swept = [f"DELETE FROM {table} WHERE session_id NOT IN (SELECT id FROM session);" for table in ENTRIES]
        rows = "\n".join(["UPDATE store SET sweep_due = 1;", rows, *swept, "UPDATE store SET sweep_due = 0;"])
    return f"BEGIN; {rows} COMMIT;"


def alone():
    plain, leaving, ours, memory, log, left = [], [], [], [], [], set()
    shell = shutil.which("sqlite3")
    for _ in range(runs):
        for times in (plain, leaving):
            fresh()
            seconds, _, _ = timed([shell, copy, deletes(times is leaving)])
            times.append(seconds)
            left.add(sessions())
        fresh()
        with Watch() as watch:
            seconds, peak, out = timed(CLEANUP)
        ours.append(seconds)
        memory.append(peak)
        log.append(watch.highest)
        report = json.loads(out)
        now_left = sessions()
        # The clock goes on between the two: a login in a hundred thousand may expire meanwhile.
        if not all(abs(a - b) <= 200 for known in left for a, b in zip(known, now_left)):
            sys.exit(f"cleanup: not the same rows removed: {left} and {now_left}")
    rows = report["sessions"] + report["families"]
    return {
        "rows": rows, "plain": statistics.median(plain), "leaving": statistics.median(leaving),
        "cleanup": statistics.median(ours),
        "memory": max(memory), "log": max(log), "longest": report["longest_lock_ms"], "batches": report["batches"],
    }


def beside():
    fresh()
    application = subprocess.Popen([writer, copy, master_key, "600"], stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    with Watch() as watch:
        seconds, _, _ = timed(CLEANUP)
    application.terminate()
    out, _ = application.communicate(timeout=60)
    if application.returncode:
        sys.exit("cleanup: the application failed")
    return json.loads(out) | {"seconds": seconds, "log": watch.highest}


failed = False


def line(what, value, limit, unit=""):
    global failed
    holds = value <= limit
    failed = failed or not holds
    print(f"{what:58}{value:10.2f}{unit}   at most {limit:g}{unit}{'' if holds else '   TOO MUCH'}", flush=True)


first = alone()
print(f"{first['rows']:,} rows removed: {first['cleanup']:.1f} s, sqlite3 {first['plain']:.1f} s, {first['leaving']:.1f} s if it sweeps; "
      f"{first['rows'] / first['cleanup']:,.0f} rows/s in {first['batches']:,} batches, the longest lock {first['longest']} ms")
line("cleanup / the faster of sqlite3's", first["cleanup"] / min(first["plain"], first["leaving"]), 2.5)
line("peak memory", first["memory"] / MIB, 64, " MiB")
line("highest write-ahead log", first["log"] / MIB, 64, " MiB")
if os.environ.get("BESIDE", "1") != "0":
    second = beside()
    print(f"beside an application: {second['seconds']:.1f} s, {second['commits']:,} commits, the median {second['p50']} ms")
    line("its commits, p99", second["p99"], 2 * BATCH, " ms")
    line("its commits, the longest", second["max"], 10 * BATCH, " ms")
    line("its commits refused as busy", second["busy"], 0)
    line("highest write-ahead log", second["log"] / MIB, 64, " MiB")
for end in ("", "-wal", "-shm"):
    if os.path.exists(copy + end):
        os.remove(copy + end)
sys.exit(failed)
