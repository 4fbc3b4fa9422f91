"""Disks that are too small, may only be read, or belong to somebody else."""

import contextlib
import os
import shutil
import stat
import subprocess

LEVELS = 96  # of 4 KiB; more than any verb takes of a small store
ENOUGH = 24

IS_ROOT = os.geteuid() == 0


def may_mount():
    if not IS_ROOT or not shutil.which("mount"):
        return False
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


MAY_MOUNT = may_mount()


def kind():
    return ("disks are tmpfs of 1 MB" if MAY_MOUNT
            else "no disk may be mounted here: files are limited in size instead (RLIMIT_FSIZE)")


@contextlib.contextmanager
def small_disk(example):
    """What runs a trial with a number of 4 KiB pages left."""
    if not MAY_MOUNT:
        yield limited
        return
    shutil.rmtree(example.folder)
    os.mkdir(example.folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", example.folder], check=True)
    try:
        yield crowded
    finally:
        subprocess.run(["umount", example.folder], check=True)


def crowded(trial, pages):
    trial.reset()
    ballast = trial.path("ballast")
    free = os.statvfs(trial.example.folder).f_bavail
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, (free - pages)) * 4096)
    try:
        return trial.call()
    finally:
        os.unlink(ballast)


def limited(trial, pages):
    return trial.call("prlimit", f"--fsize={pages * 4096}", "--")


def read_only_disk(trial):
    folder = trial.example.folder
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=True)
    try:
        trial.reset()
        kept = shutil.copytree(folder, folder + ".kept")
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        result = trial.call()
    finally:
        subprocess.run(["umount", folder], check=True)
    trial.reset()
    shutil.rmtree(kept)
    return result


def read_only_folder(trial):
    """As its owner, who has taken away the right to write."""
    folder = trial.example.folder
    return as_owner_of(trial, [folder], 0o555)


def forbidden_files(trial):
    """As somebody who may enter the folder, and read none of its files."""
    names = [trial.path(name) for name in os.listdir(trial.example.folder)]
    if IS_ROOT:
        return trial.example.run(*trial.arguments, stdin=trial.input, nobody=True)
    return as_owner_of(trial, [*names, trial.example.folder], 0o000 if names else 0o555)


def as_owner_of(trial, paths, mode):
    folder = trial.example.folder
    everything = [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]
    if IS_ROOT:
        for path in everything:
            os.chown(path, 65534, 65534)
    modes = {path: stat.S_IMODE(os.stat(path).st_mode) for path in paths}
    for path in paths:
        os.chmod(path, mode)
    try:
        return trial.example.run(*trial.arguments, stdin=trial.input, nobody=True)
    finally:
        for path, before in modes.items():
            os.chmod(path, before)
        if IS_ROOT:
            for path in everything:
                os.chown(path, 0, 0)


FORBIDDING = {"a folder that may only be read": read_only_folder, "files of somebody else": forbidden_files}
if MAY_MOUNT:
    FORBIDDING["a disk that may only be read"] = read_only_disk
