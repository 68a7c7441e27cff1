"""Boto3 clients that call only the given endpoint on this machine, without the user's profile and environment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider

from emulator.loopback import is_loopback

if TYPE_CHECKING:
    from emulator.iam.credentials import Credentials

Client = Any
"""A boto3 client. Requests are built as dictionaries, so the service's own types would add nothing."""


class Clients:
    """The clients of one endpoint, created once for each service and region; safe to use from many threads."""

    def __init__(self, endpoint_url: str, credentials: Credentials) -> None:
        """Call the endpoint with these credentials; raise ValueError unless its host is a loopback address."""
        if not is_loopback(endpoint_url):
            raise ValueError(
                f"the embedded AWS must be on this machine (127.0.0.1, ::1 or localhost), not at {endpoint_url!r}"
            )
        self.endpoint_url = endpoint_url
        self.credentials = credentials
        self._session = boto3.Session(botocore_session=_bare_session())
        self._clients: dict[tuple[str, str], Client] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str) -> Client:
        """Return the client for `service` (boto3's name for it) in `region`."""
        key = (service, region)
        client = self._clients.get(key)
        if client is None:
            with self._lock:  # in boto3, creating clients is not thread-safe, but using them is
                client = self._clients.get(key) or self._make(service, region)
                self._clients[key] = client
        return client

    def _make(self, service: str, region: str) -> Client:
        return self._session.client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            aws_session_token=self.credentials.token,
            config=Config(max_pool_connections=32, retries={"total_max_attempts": 2}, proxies={}),
        )


class Aws:
    """One region of the embedded AWS, for use by resource types and functions."""

    def __init__(self, clients: Clients, region: str) -> None:
        """Send requests to `region` with `clients`."""
        self._clients = clients
        self.region = region

    def client(self, service: str) -> Client:
        """Return the boto3 client for `service` in this region."""
        return self._clients.get(service, self.region)

    @property
    def partition(self) -> str:
        """The partition of the region, such as aws or aws-cn."""
        return partition_of(self.region)

    @property
    def account_id(self) -> str:
        """The account of the credentials."""
        return str(self.client("sts").get_caller_identity()["Account"])


def partition_of(region: str) -> str:
    """Return the partition of `region` by its prefix; aws for any other region."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def _bare_session() -> botocore.session.Session:
    # Every setting that botocore would read from the environment or a config file gets its default instead.
    names = BOTOCORE_DEFAUT_SESSION_VARIABLES
    hidden = {name: (None, None, default, convert) for name, (_, _, default, convert) in names.items()}
    hidden["config_file"] = hidden["credentials_file"] = (None, None, "/dev/null", None)
    session = botocore.session.Session(session_vars=hidden)
    store = session.get_component("config_store")
    for name, (_, _, default, _) in hidden.items():
        store.set_config_provider(name, ConstantProvider(default))
    return session
