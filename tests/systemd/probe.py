"""Runs inside a unit's sandbox, by the system's Python, and tries what must be denied: one line of JSON a try."""

import ctypes
import json
import mmap
import os
import socket
import subprocess
import sys
import time


def write(path):
    with open(path, "w") as file:
        file.write("x")


def run_from(folder):
    path = folder + "/program"
    write(path)
    os.chmod(path, 0o755)
    subprocess.run([path], check=True)


def call(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def setuid(folder):
    write(folder + "/setuid")
    os.chmod(folder + "/setuid", 0o4755)


def attempt(what, job, *arguments):
    try:
        job(*arguments)
    except Exception as error:
        print(json.dumps([what, type(error).__name__ + " " + str(error)]))
    else:
        print(json.dumps([what, "allowed"]))


STATE = sys.argv[1]
for path in (STATE, "/etc", "/usr", "/opt", "/var/lib", "/var/log", "/home", "/root", "/sys/kernel/mm", "/boot"):
    attempt("write " + path, write, path + "/probe")
for path in ("/etc/passwd", "/opt/hotline/installed", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger"):
    attempt("change " + path, write, path)
for path in (STATE, "/tmp"):
    attempt("run from " + path, run_from, path)
for path in sys.argv[2:]:
    attempt("open " + path, lambda path=path: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)))
attempt("make a device", os.mknod, STATE + "/node", 0o020600, os.makedev(1, 1))
attempt("set a setuid bit", setuid, STATE)
attempt("raw socket", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
attempt("packet socket", socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
attempt("new namespace", call, "unshare", 0x10000000)
attempt("trace", call, "ptrace", 0, 0, 0, 0)
attempt("mount", call, "mount", b"none", b"/tmp", b"tmpfs", 0, None)
attempt("writable and executable memory", mmap.mmap, -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
attempt("real-time priority", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt("set the clock", time.clock_settime, time.CLOCK_REALTIME, 1.0)
attempt("read the SIM's PIN", open, "/run/credentials/hotline-guard.service/pin")
attempt("read the guard's journal", open, "/var/lib/hotline/journal.db")
attempt("read the configuration", open, "/etc/hotline/hotline.toml")
attempt("which board", open, "/proc/cpuinfo")
attempt("inet socket", socket.socket)
