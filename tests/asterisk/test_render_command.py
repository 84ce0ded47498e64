"""``hotline asterisk render`` as a person runs it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from appliance.asterisk.credentials import NoCredentialsError, read
from appliance.cli.main import main
from bench.addresses import Subnet
from tests.asterisk.world import PASSWORD, toml


@pytest.fixture
def file(subnet: Subnet, tmp_path: Path) -> Path:
    file = tmp_path / "hotline.toml"
    file.write_text(toml(subnet, tmp_path))
    return file


def render(file: Path) -> int:
    return main(["asterisk", "render", "--config", str(file), "--out", str(file.parent / "etc")])


def snapshot(file: Path) -> dict[str, tuple[int, str]]:
    return {path.name: (path.stat().st_ino, path.read_text()) for path in (file.parent / "etc").glob("*.conf")}


def test_what_changed_is_named_and_the_rest_is_left_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert render(file) == 0
    assert str(file.parent / "etc/pjsip.conf") in capsys.readouterr().out
    (file.parent / "etc/custom/pjsip.conf").write_text("; ours\n")
    before = snapshot(file)
    assert render(file) == 0
    assert capsys.readouterr().out == "nothing changed\n"
    assert snapshot(file) == before

    file.write_text(file.read_text().replace("rtp_ports = [10000, 10200]", "rtp_ports = [10000, 10400]"))
    (file.parent / "etc/http.conf").write_text((file.parent / "etc/http.conf").read_text() + "spoilt")
    assert render(file) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[:-1] == [str(file.parent / "etc/http.conf"), str(file.parent / "etc/rtp.conf")]
    after = snapshot(file)
    assert {name for name in before if before[name] != after[name]} == {"http.conf", "rtp.conf"}
    assert (file.parent / "etc/custom/pjsip.conf").read_text() == "; ours\n"


def test_what_somebody_else_wrote_is_kept_beside_ours_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    etc = file.parent / "etc"
    etc.mkdir()
    (etc / "pjsip.conf").write_text("[theirs]\n")
    (etc / "rtp.conf").symlink_to("elsewhere.conf")
    (etc / "elsewhere.conf").write_text("[general]\n")
    assert render(file) == 0
    assert f"{etc}/pjsip.conf.before-hotline: " in capsys.readouterr().out
    assert (etc / "pjsip.conf.before-hotline").read_text() == "[theirs]\n"
    assert (etc / "rtp.conf.before-hotline").read_text() == (etc / "elsewhere.conf").read_text() == "[general]\n"
    (etc / "pjsip.conf").write_text("[second]\n")
    assert render(file) == 0
    assert (etc / "pjsip.conf.before-hotline").read_text() == "[theirs]\n"
    assert "[theirs]" not in (etc / "pjsip.conf").read_text()


def test_secrets_are_made_once_and_read_by_few(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert render(file) == 0
    state = file.parent / "state"
    first = read(state)
    assert len(first.ari) >= 32
    assert first.ari != first.manager
    assert render(file) == 0
    assert read(state) == first
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file.parent / "etc").glob("*.conf")}
    assert modes["ari.conf"] == modes["manager.conf"] == modes["pjsip.conf"] == 0o640
    assert modes["extensions.conf"] == 0o644
    assert stat.S_IMODE((state / "asterisk-secrets.json").stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert not any(secret in told.out + told.err for secret in (first.ari, first.manager, PASSWORD))
    for path in (file.parent / "etc").glob("*.conf"):
        if modes[path.name] == 0o644:
            assert not any(secret in path.read_text() for secret in (first.ari, first.manager, PASSWORD))


def test_loose_rights_are_tightened_again(file: Path) -> None:
    assert render(file) == 0
    path = file.parent / "etc/ari.conf"
    path.chmod(0o666)
    secrets = file.parent / "state/asterisk-secrets.json"
    secrets.chmod(0o666)
    assert render(file) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"ari": 1, "manager": "x"}', '{"ari": "a", "manager": "b"}'])
def test_damaged_secrets_are_said_and_not_replaced(
    file: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    secrets = file.parent / "state/asterisk-secrets.json"
    secrets.parent.mkdir()
    secrets.write_text(content)
    assert render(file) == 1
    assert "is damaged; remove it" in capsys.readouterr().err
    assert secrets.read_text() == content
    with pytest.raises(NoCredentialsError):
        read(file.parent / "state")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "one password"),
        (b"two\nlines", "one password"),
        (b"x" * 9000, "one password"),
    ],
)
def test_a_password_that_cannot_be_read_changes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    assert render(file) == 0
    before = snapshot(file)
    password = file.parent / "password"
    password.unlink()
    if content is not None:
        password.write_bytes(content)
    assert render(file) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "trunk.1.password_file" in told
    assert snapshot(file) == before


def test_a_directory_that_cannot_be_written_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "etc").write_text("a file")
    assert render(file) == 1
    assert "etc" in capsys.readouterr().err
    assert json.loads((file.parent / "state/asterisk-secrets.json").read_text())["schema"] == 1


def test_what_a_killed_rendering_left_is_swept_away(file: Path) -> None:
    assert render(file) == 0
    etc = file.parent / "etc"
    old, new, other = etc / ".pjsip.conf.abcd1234", etc / ".pjsip.conf.efgh5678", etc / ".mine.conf.abcd1234"
    for path in (old, new, other):
        path.write_text("secret")
    for path in (old, other):
        os.utime(path, (0, 0))
    assert render(file) == 0
    assert [path.exists() for path in (old, new, other)] == [False, True, True]


@pytest.mark.parametrize("name", ["a;b", 'a"b', "a\nb"])
def test_a_directory_that_no_line_can_hold_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["asterisk", "render", "--config", str(file), "--out", str(file.parent / name)]) == 2
    assert "cannot stand in a configuration file" in capsys.readouterr().err
    assert not (file.parent / name).exists()


def test_an_empty_directory_is_not_the_working_one(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(SystemExit) as ended:
        main(["asterisk", "render", "--config", str(file), "--out", ""])
    assert ended.value.code == 2
    assert list(here.iterdir()) == []
