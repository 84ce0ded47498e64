"""A link's files, read anew for each connection: certificates and passwords are renewed while a box runs."""

from __future__ import annotations

import ssl

from appliance.config.models import Mqtt
from appliance.mqtt.topics import Topics
from appliance.mqtt.wire import Broker

# commands sent during a short gap still arrive; old ones must not, a box that returns next day has other worries
SESSION_EXPIRY_S = 300


class CredentialsError(Exception):
    """A file of the link cannot be used; the text says which and why, never what is in it."""


def broker(link: Mqtt, topics: Topics) -> Broker:
    """Where and as whom to connect. Reads files, so keep it off the event loop. Raises :class:`CredentialsError`.

    The client id is the same each time: the broker then ends a dead session of ours when we return, instead of
    publishing its will, ``offline``, over our ``online`` minutes later.
    """
    return Broker(
        host=link.host,
        port=link.port,
        client_id=client_id(topics, link),
        username=link.username,
        password=_password(link),
        tls=_tls(link) if link.tls else None,
        session_expiry_s=SESSION_EXPIRY_S,
    )


def client_id(topics: Topics, link: Mqtt) -> str:
    """Another one for each service and link: a broker ends the older of two sessions of the same."""
    if topics.web:
        return f"hotline-{topics.device_id}._web.{link.name}"  # no exchange has a name that begins so
    if topics.exchange is None:
        return f"hotline-{topics.device_id}-{link.name}"
    return f"hotline-{topics.device_id}.{topics.exchange}.{link.name}"  # none of the three has a dot in it


def _password(link: Mqtt) -> str | None:
    if link.password_file is None:
        return None
    try:
        return link.password_file.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise CredentialsError(f"password_file {link.password_file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CredentialsError(f"password_file {link.password_file}: is not UTF-8") from None


def _tls(link: Mqtt) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=link.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise CredentialsError(f"ca_file {link.ca_file}: {error.strerror or error}") from None
    if link.cert_file is not None:
        try:
            # the empty password: a key that is encrypted must not make OpenSSL ask on the terminal
            context.load_cert_chain(link.cert_file, link.key_file, password="")
        except (OSError, ssl.SSLError) as error:
            files = f"cert_file {link.cert_file}, key_file {link.key_file}"
            raise CredentialsError(f"{files}: {error.strerror or error}") from None
    return context
