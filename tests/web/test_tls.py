"""The certificate: of the configuration, or one of our own for the names that people type."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from appliance.config import Config, load
from appliance.web import certificate, tls
from tests.cli.conftest import CONFIG

NOW = datetime.now(UTC)


def config(folder: Path, web: str) -> Config:
    file = folder / "hotline.toml"
    file.write_text(CONFIG.format(device="b", state_dir=folder, port=1) + f"\n[web]\n{web}\n")
    return load(file)


def names(folder: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(one.value) for one in found}


def test_a_certificate_is_made_once_and_its_key_is_ours_alone(tmp_path: Path) -> None:
    web = config(tmp_path, 'listen = "127.0.0.5:8443"\nnames = ["hotline.example.com", "192.0.2.7"]')
    assert tls.context(web, tmp_path, NOW) is not None
    assert {"hotline.example.com", "192.0.2.7", "127.0.0.5", "localhost"} <= names(tmp_path)
    assert stat.S_IMODE((tmp_path / "certificate.key").stat().st_mode) == 0o600
    before = (tmp_path / "certificate.pem").read_bytes()
    tls.context(web, tmp_path, NOW + timedelta(days=300))
    assert (tmp_path / "certificate.pem").read_bytes() == before
    assert len(tls.fingerprint(tmp_path / "certificate.pem")) == 95


def test_it_is_made_anew_before_it_ends_and_when_names_change(tmp_path: Path) -> None:
    web = config(tmp_path, 'listen = "127.0.0.5:8443"')
    tls.context(web, tmp_path, NOW)
    before = (tmp_path / "certificate.pem").read_bytes()
    tls.context(web, tmp_path, NOW + certificate.VALID - timedelta(days=29))
    renewed = (tmp_path / "certificate.pem").read_bytes()
    assert renewed != before
    tls.context(
        config(tmp_path, 'names = ["new.example.com"]'), tmp_path, NOW + certificate.VALID - timedelta(days=29)
    )
    assert "new.example.com" in names(tmp_path)
    (tmp_path / "certificate.pem").write_text("damaged")
    assert tls.context(web, tmp_path, NOW) is not None


def test_a_certificate_of_ones_own_is_taken_or_told_why_not(tmp_path: Path) -> None:
    tls.context(config(tmp_path, ""), tmp_path, NOW)
    good = f'cert_file = "{tmp_path}/certificate.pem"\nkey_file = "{tmp_path}/certificate.key"'
    made = tls.context(config(tmp_path, good), tmp_path / "nowhere", NOW)
    assert made is not None
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2
    wrong = f'cert_file = "{tmp_path}/none.pem"\nkey_file = "{tmp_path}/certificate.key"'
    with pytest.raises(tls.CertificateError, match="No such file"):
        tls.context(config(tmp_path, wrong), tmp_path, NOW)
    (tmp_path / "empty.pem").write_text("")
    wrong = f'cert_file = "{tmp_path}/empty.pem"\nkey_file = "{tmp_path}/certificate.key"'
    with pytest.raises(tls.CertificateError):
        tls.context(config(tmp_path, wrong), tmp_path, NOW)


def test_behind_a_proxy_there_is_none(tmp_path: Path) -> None:
    assert tls.context(config(tmp_path, "tls = false"), tmp_path, NOW) is None
    assert not (tmp_path / "certificate.pem").exists()
