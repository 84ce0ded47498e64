"""What is promised of every root, looked at in the root itself before it is packed. Pure."""

from __future__ import annotations

import re

from recipe.tree import Tree

SSH_UNIT = "etc/systemd/system/ssh.service.d/hotline.conf"
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def broken(root: Tree) -> list[str]:
    """Every promise that this root breaks, each with the path."""
    return [*_passwords(root), *_bits(root), *_secrets(root), *_settings(root)]


def _passwords(root: Tree) -> list[str]:
    found = []
    for line in root.data("etc/shadow").decode().splitlines():
        name, password = line.split(":")[:2]
        if password not in ("*", "!", "!*", "!!"):
            found.append(f"etc/shadow: {name} has a password, or none is asked")
    return found


def _bits(root: Tree) -> list[str]:
    files = [(path, root.info(path).mode) for path in root.paths() if root.info(path).isreg()]
    raised = [f"{path}: setuid or setgid" for path, mode in files if mode & 0o6000]
    return raised + [f"{path}: everybody may write it" for path, mode in files if mode & 0o002]


def _secrets(root: Tree) -> list[str]:
    places = [path for path in root.paths() if path.startswith(("etc/", "var/", "root/", "usr/share/hotline/"))]
    keys = [path for path in places if root.info(path).isreg() and SECRET.search(root.data(path))]
    hosts = [path for path in places if re.match(r"etc/ssh/ssh_host_|etc/ssh/keys/.", path)]
    return [f"{path}: a key that every box would share" for path in sorted({*keys, *hosts})]


def _settings(root: Tree) -> list[str]:
    found = []
    if root.data("etc/machine-id").strip():
        found.append("etc/machine-id: every box would have the same name")
    if "ConditionPathExists=/run/hotline/ssh/authorized_keys" not in root.data(SSH_UNIT).decode():
        found.append(f"{SSH_UNIT}: ssh is on though nobody gave a key")
    if "PasswordAuthentication no" not in root.data("etc/ssh/sshd_config.d/hotline.conf").decode():
        found.append("etc/ssh/sshd_config.d/hotline.conf: ssh takes passwords")
    if "policy drop" not in root.data("etc/nftables.conf").decode():
        found.append("etc/nftables.conf: what is not named is let in")
    return found
