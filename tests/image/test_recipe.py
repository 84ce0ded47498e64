"""The recipe's decisions: lock, files, partitions, promises, the bill. The image itself is `make image-test`."""

from __future__ import annotations

import io
import json
import platform
import re
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from appliance.provision.derive import ethernet
from appliance.provision.settings import Settings
from benchmarks.figures import markdown
from recipe import bootparts, figures, image, layout, manual, modules, places, repro, tools
from recipe.alone import alone
from recipe.cpio import Node, archive
from recipe.fetch import fetched
from recipe.lock import Package, changes, read, written
from recipe.places import LOCK
from recipe.problems import BuildError
from recipe.progress import Progress
from recipe.promises import broken
from recipe.root import DROP_INS, PLACED
from recipe.sbom import bill, installed, pins
from recipe.tree import Tree
from recipe.wanted import ADDED, ROOT, groups

ONE = Package("asterisk", "1:22.10.1+dfsg-1", 12, "a" * 64, "pool/main/a/asterisk/asterisk_22_amd64.deb")


def test_the_boot_loader_s_environment_is_as_mkenvimage_makes_it() -> None:
    made = b"\x13%\xe8\xa4bootdelay=-2\0slot=a\0\0".ljust(48, b"\xff")  # by `mkenvimage -s 48`
    assert bootparts.environment("bootdelay=-2\nslot=a\n", 48) == made
    with pytest.raises(BuildError, match="20 is the most"):
        bootparts.environment("bootdelay=-2\nslot=a\n", 24)


def test_the_lock_of_these_sources_holds_every_group_whole() -> None:
    lock = read(LOCK.read_text())
    assert set(lock) == {(one.name, one.architecture) for one in groups()}
    for architecture in ("amd64", "arm64"):
        names = {one.name for one in lock["root", architecture]}
        assert set(ROOT) <= names
        assert set(ADDED) == {one.name for one in lock["added", architecture]}
    assert written(lock) == LOCK.read_text()


@pytest.mark.parametrize(
    "line",
    [
        "asterisk 1.0 12 " + "a" * 64,
        "asterisk 1.0 twelve " + "a" * 64 + " pool/a.deb",
        "asterisk 1.0 12 " + "a" * 63 + " pool/a.deb",
        "asterisk 1.0 12 " + "a" * 64 + " pool/../../etc/a.deb",
        "asterisk 1.0 12 " + "a" * 64 + " http://elsewhere/a.deb",
        "Bad;name 1.0 12 " + "a" * 64 + " pool/a.deb",
    ],
)
def test_a_damaged_lock_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(BuildError, match=r"packages\.lock:2"):
        read(f"[root amd64]\n{line}\n")


def test_what_a_new_lock_changes_is_told() -> None:
    newer = Package("asterisk", "1:22.11", 12, "b" * 64, ONE.path)
    other = Package("mosquitto", "2", 1, "c" * 64, "pool/m.deb")
    assert changes([ONE], [newer, other]) == ["+ mosquitto 2", "  asterisk 1:22.10.1+dfsg-1 → 1:22.11"]


def test_a_file_that_is_not_what_the_lock_says_is_refused(tmp_path: Path) -> None:
    (mirror := tmp_path / "mirror/pool/main/a/asterisk").mkdir(parents=True)
    (mirror / "asterisk_22_amd64.deb").write_bytes(b"another file")
    with pytest.raises(BuildError, match="its hash differs"):
        fetched([ONE], tmp_path / "cache", f"file://{tmp_path}/mirror", lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_mirror_that_is_not_there_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is there a network"):
        fetched([ONE], tmp_path, f"file://{tmp_path}/nowhere", lambda _: None)


def test_a_machine_that_cannot_run_the_tools_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(BuildError, match="amd64 machine, also one for arm64; this one is aarch64"):
        tools.tools((), {}, tmp_path, Progress())


def test_one_build_at_a_time_makes_a_thing_of_the_cache(tmp_path: Path) -> None:
    order: list[str] = []

    def other() -> None:
        with alone(tmp_path / "link"):
            order.append("other")

    (tmp_path / "link").symlink_to(tmp_path / "debs")
    waiting = threading.Thread(target=other)
    with alone(tmp_path / "debs"):
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "other"]


def tar(*entries: tuple[str, bytes | str | None]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive_file:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.mtime = 12345
            if data is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(data, str):
                info.type, info.linkname = tarfile.SYMTYPE, data
            else:
                info.size = len(data)
            archive_file.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    out.seek(0)
    return out


def test_files_of_a_package_meet_a_merged_usr() -> None:
    tree = Tree()
    tree.merge(tar(("./usr/lib", None), ("./lib", "usr/lib")))
    tree.merge(tar(("./lib", None), ("./lib/a", None), ("./lib/a/b", b"x")))
    assert tree.data("usr/lib/a/b") == b"x"
    assert tree.data("lib/a/b") == b"x"
    assert tree.info("lib").issym()


def test_the_same_files_give_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    for name, entries in (("1", [("./b", b"2"), ("./a", b"1")]), ("2", [("./a", b"1"), ("./b", b"2")])):
        tree = Tree()
        tree.merge(tar(*entries))
        tree.write(tmp_path / name, 1_700_000_000)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_nobody_but_root_may_write_the_root(tmp_path: Path) -> None:
    Tree().write(tmp_path / "tar", 1)
    with tarfile.open(tmp_path / "tar") as written_tar:
        (top,) = written_tar.getmembers()
    assert (top.name, top.mode, top.uid, top.isdir()) == (".", 0o755, 0, True)


def test_what_is_removed_goes_with_all_below_it() -> None:
    tree = Tree()
    tree.merge(tar(("./etc/apt", None), ("./etc/apt/sources.list", b""), ("./etc/aptly", b"")))
    tree.remove("etc/apt")
    assert tree.paths() == ["etc", "etc/aptly"]


def test_an_initramfs_is_what_cpio_reads(tmp_path: Path) -> None:
    made = archive(
        {"init": Node(0o100755, b"#!/bin/sh\n"), "bin": Node(0o040755), "bin/sh": Node(0o120777, b"busybox")}
    )
    assert made[:6] == b"070701"
    assert len(made) % 4 == 0
    said = subprocess.run(["cpio", "-tv", "--quiet"], input=made, capture_output=True, check=False)
    if said.returncode == 0:
        assert [line.split()[0] for line in said.stdout.decode().splitlines()] == [
            "drwxr-xr-x",
            "lrwxrwxrwx",
            "-rwxr-xr-x",
        ]


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_the_partitions_are_the_ones_that_an_update_counts_on(architecture: str) -> None:
    parts = layout.partitions(architecture)
    assert [one.name for one in parts] == [
        "boot", "env", "kernel-a", "kernel-b", "root-a", "root-b", "state", "data",
    ]  # fmt: skip
    for a, b in (("kernel-a", "kernel-b"), ("root-a", "root-b")):
        assert {one.size for one in parts if one.name in (a, b)} == {next(o.size for o in parts if o.name == a)}
    text = layout.genimage(architecture, "x.img")
    assert text.count("partition-uuid") == 8
    assert ("hybrid" in text) == (architecture == "arm64")


def test_repart_grows_the_partition_that_the_image_has() -> None:
    text = (Path(layout.__file__).parents[1] / "files/usr/lib/repart.d/80-data.conf").read_text()
    assert f"Type={layout.DATA_TYPE}" in text
    assert "Label=hotline-data" in text


def test_the_firewall_and_networkd_mean_the_same_group_of_modems() -> None:
    files = Path(layout.__file__).parents[1] / "files"
    network = (files / "usr/lib/systemd/network/60-hotline-modem.network").read_text()
    given = re.search(r"^Group=(\d+)$", network, re.MULTILINE)
    assert given is not None
    rules = (files / "etc/nftables.conf").read_text()
    # before everything that lets somebody new in
    assert rules.index(f"iifgroup {given[1]} drop") < rules.index("meta l4proto")


def test_a_modem_s_link_is_asked_for_names_by_a_box_without_another() -> None:
    # systemd-resolved asks every link at once, but for those that leave a name to one with the domain "~."
    files = (Path(layout.__file__).parents[1] / "files/usr/lib/systemd/network").glob("*.network")
    networks = {one.stem: "Domains=~." in one.read_text().splitlines() for one in files}
    assert networks == {"60-hotline-modem": False, "70-hotline-ethernet": True, "72-hotline-wireless": True}
    fixed = Settings.model_validate({"ethernet": {"address": "192.0.2.5/24"}})
    assert "Domains=~." in ethernet(fixed).splitlines()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("usr/lib/modules/7.2/kernel/drivers/usb/serial/option.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/drivers/leds/trigger/ledtrig-timer.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/drivers/net/usb/cdc_ether.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/drivers/net/wireless/broadcom/brcm80211/brcmfmac/brcmfmac.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/drivers/watchdog/bcm2835_wdt.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/fs/ext4/ext4.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/fs/exfat/exfat.ko.xz", True),  # big sticks come with it
        ("usr/lib/modules/7.2/kernel/net/netfilter/nf_tables.ko.xz", True),
        ("usr/lib/modules/7.2/kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko.xz", False),
        ("usr/lib/modules/7.2/kernel/sound/core/snd.ko.xz", False),
        ("usr/lib/modules/7.2/kernel/fs/btrfs/btrfs.ko.xz", False),
    ],
)
def test_only_modules_that_a_box_may_need(path: str, wanted: bool) -> None:
    assert modules.wanted(path) is wanted


def test_an_early_module_brings_what_it_needs() -> None:
    found = modules.early(modules.depends("fs/ext4.ko.xz: fs/jbd2.ko.xz fs/mbcache.ko.xz\nfs/jbd2.ko.xz:\nx/y.ko:\n"))
    assert found == ["fs/ext4.ko.xz", "fs/jbd2.ko.xz", "fs/mbcache.ko.xz"]


@pytest.mark.parametrize(
    ("one", "other", "at"), [(b"abc", b"abc", None), (b"abc", b"abd", 2), (b"abc", b"ab", 2), (b"", b"a", 0)]
)
def test_two_builds_are_held_against_each_other(tmp_path: Path, one: bytes, other: bytes, at: int | None) -> None:
    (tmp_path / "1").write_bytes(bytes(repro.BLOCK) + one)
    (tmp_path / "2").write_bytes(bytes(repro.BLOCK) + other)
    found = repro.difference(tmp_path / "1", tmp_path / "2")
    assert found == (None if at is None else repro.BLOCK + at)


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_a_second_build_that_differs_is_refused_with_the_place(
    tmp_path: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repro, "OUTPUT", tmp_path / "image")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    caches = []

    def build(request: image.Request, _: Progress) -> Path:
        caches.append(places.cache())
        request.output.mkdir(parents=True)
        target = request.output / "x.img"
        target.write_bytes(bytes(layout.MIB + 10) + str(len(caches) if wrong else 0).encode())
        target.with_suffix(".cdx.json").write_text("{}")
        return target

    wrong = False
    request = image.Request(architecture, "", 1)
    assert "the same" in repro.repro(request, Progress(), build).words
    assert caches[0] != caches[1]
    shutil.rmtree(tmp_path / "repro")
    wrong = True
    with pytest.raises(BuildError, match=f"from byte {layout.MIB + 10} on, in hotline-boot"):
        repro.repro(request, Progress(), build)


def test_what_two_equal_builds_were_is_a_section_of_the_figures(tmp_path: Path) -> None:
    target = tmp_path / "x.img"
    target.write_bytes(bytes(1234))
    target.with_suffix(".img.sha256").write_text("0f0f  x.img\n")
    target.with_suffix(".cdx.json").write_text(json.dumps({"components": [{}, {}]}))
    lock = {("root", "amd64"): (ONE,)}
    page = markdown(figures.section(repro.Same("amd64", target, target, 1_700_000_000), lock))
    assert "| image | the same 1,234 bytes, 8 partitions |" in page
    assert "`0f0f`" in page
    assert "the same 2 components" in page
    assert "Again with `make image-repro ARCH=amd64`." in page


def test_every_shared_drop_in_is_for_services_that_are_there() -> None:
    units = {one.name.split(".")[0] for one in (places.REPOSITORY / "systemd").iterdir()}
    assert {one.stem for one in (places.RECIPE / "drop-ins").iterdir()} == set(DROP_INS)
    assert {one for services in DROP_INS.values() for one in services} <= units


def test_the_rhythm_of_the_board_s_light_is_there_when_provisioning_asks_for_it() -> None:
    assert '"timer" if wrong' in (places.REPOSITORY / "appliance/cli/provision.py").read_text()
    loaded = (places.RECIPE / "files/usr/lib/modules-load.d/hotline-light.conf").read_text().splitlines()
    assert "ledtrig-timer" in loaded
    unit = (places.RECIPE / "units/hotline-provision.service").read_text()
    assert re.search(r"^After=.*\bsystemd-modules-load\.service\b", unit, re.MULTILINE)


def test_a_damaged_data_partition_is_repaired_without_a_question() -> None:
    drop_in = places.RECIPE / "files/etc/systemd/system/systemd-fsck@.service.d/hotline.conf"
    assert "\nSetCredential=fsck.repair:yes\n" in drop_in.read_text()


def test_what_make_install_places_the_image_has_too() -> None:
    script = (places.REPOSITORY / "scripts/install").read_text()
    placed = re.findall(r"^ *put systemd/(\S+\.(?:conf|rules)) (/\S+)$", script, re.MULTILINE)
    assert len(placed) >= 5
    for source, target in placed:
        if "/" not in source:
            assert PLACED[source] == target.removeprefix("/")


def test_the_pis_firmware_is_told_to_look_for_the_device_trees_that_it_is_given() -> None:
    # the kernel's files have the names of its sources; without the switch the firmware looks for its own, bcm2710-…
    assert "bcm2837" in bootparts.DTBS
    config = (places.RECIPE / "boot/arm64/config.txt").read_text()
    assert "upstream_kernel=1" in config.partition("\n[")[0].splitlines()


def test_a_compute_module_finds_its_device_tree() -> None:
    assert bootparts.tree_places("bcm2711-rpi-4-b.dtb") == ["bcm2711-rpi-4-b.dtb", "broadcom/bcm2711-rpi-4-b.dtb"]
    # what U-Boot calls it (fdtfile)
    assert "broadcom/bcm2711-rpi-cm4.dtb" in bootparts.tree_places("bcm2711-rpi-cm4-io.dtb")


def promising() -> Tree:
    tree = Tree()
    tree.file("etc/shadow", b"root:*:1:0:99999:7:::\nhotline:!*:1::::::\n")
    tree.file("etc/machine-id", b"")
    tree.file("etc/nftables.conf", b"type filter hook input priority filter; policy drop;\n")
    files = Path(layout.__file__).parents[1] / "files"
    for path in ("etc/systemd/system/ssh.service.d/hotline.conf", "etc/ssh/sshd_config.d/hotline.conf"):
        tree.file(path, (files / path).read_bytes())
    return tree


def test_a_root_as_promised_breaks_nothing() -> None:
    assert broken(promising()) == []


@pytest.mark.parametrize(
    ("path", "data", "mode", "said"),
    [
        ("etc/shadow", b"root::1:0:99999:7:::\n", 0o640, "root has a password"),
        ("etc/shadow", b"pi:$5$abc$def:1:0:99999:7:::\n", 0o640, "pi has a password"),
        ("usr/bin/su", b"", 0o4755, "setuid"),
        ("usr/bin/write", b"", 0o2755, "setuid or setgid"),
        ("opt/hotline/x", b"", 0o666, "everybody may write"),
        ("etc/ssh/ssh_host_rsa_key", b"", 0o600, "a key that every box would share"),
        ("etc/mosquitto/key.pem", b"-----BEGIN PRIVATE KEY-----\n", 0o600, "a key that every box would share"),
        ("etc/machine-id", b"0" * 32, 0o444, "the same name"),
        ("etc/nftables.conf", b"policy accept;", 0o644, "let in"),
        ("etc/systemd/system/ssh.service.d/hotline.conf", b"", 0o644, "ssh is on"),
        ("etc/ssh/sshd_config.d/hotline.conf", b"", 0o644, "passwords"),
    ],
)
def test_a_broken_promise_is_seen(path: str, data: bytes, mode: int, said: str) -> None:
    tree = promising()
    tree.file(path, data, mode)
    assert any(said in one for one in broken(tree)), broken(tree)


def test_asterisks_manual_keeps_every_name_and_no_story() -> None:
    told = b"""<docs><application name="Dial" language="en_US"><synopsis> Rings. </synopsis>
      <syntax><parameter name="who"><para>Who</para><optionlist><option name="a"/></optionlist></parameter></syntax>
      <description><para>At length.</para></description></application></docs>"""
    assert manual.shortened(told).split(b"\n", 1)[1] == (
        b'<docs><application name="Dial" language="en_US"><synopsis>Rings.</synopsis>'
        b'<syntax><parameter name="who"><optionlist><option name="a" /></optionlist></parameter></syntax>'
        b"</application></docs>"
    )


STATUS = (
    "Package: asterisk\nStatus: install ok installed\nVersion: 1:22\n\n"
    "Package: x\nStatus: deinstall ok config-files\n"
)


def test_the_bill_names_every_package_with_its_hash_and_is_the_same_each_time() -> None:
    assert installed(STATUS) == {"asterisk": "1:22"}
    python = pins("numpy==2.4 ; python_full_version < '3.12' \\\nnumpy==2.5 ; python_full_version >= '3.12' \\\n")
    assert python == [("numpy", "2.5")]
    text = bill("0.2", 1_700_000_000, "arm64", STATUS, [], [ONE], python)
    assert text == bill("0.2", 1_700_000_000, "arm64", STATUS, [], [ONE], python)
    document = json.loads(text)
    assert document["bomFormat"] == "CycloneDX"
    names = {one["name"]: one for one in document["components"]}
    assert set(names) == {"asterisk", "numpy"}
    assert names["asterisk"]["hashes"][0]["content"] == "a" * 64
    assert names["asterisk"]["purl"].startswith("pkg:deb/debian/asterisk@1%3A22?arch=arm64")
