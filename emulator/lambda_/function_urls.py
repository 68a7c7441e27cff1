"""The URLs of functions and of their aliases. Moto has one for each function, for which nobody answers.

The messages are those that LocalStack and Terraform's provider have from AWS.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends

from aws_facts.arn import Arn
from aws_facts.function_name import LATEST, FunctionName
from emulator.gateway.gateway import AwsError
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from emulator.gateway.gateway import Call, Gateway

PATH = "/lambda-url"
"""The path of the sandbox's address below which the URLs are."""
_URLS = "own_urls"
"""The attribute that is added to moto's functions: the URLs, by the qualifiers."""
_LETTERS = string.ascii_lowercase + string.digits
_LENGTH = 32
"""Characters of the id in a URL (as in URLs that people have published; AWS names no number)."""
_NOT_PLAYED = (("AuthType", "NONE"), ("InvokeMode", "BUFFERED"))
"""Parameters with their only value that the sandbox supports."""


@dataclass
class FunctionUrl:
    """A URL, and the function, or the alias, that answers for it."""

    id: str
    function: FunctionName
    url: str
    created: str
    changed: str

    @property
    def domain(self) -> str:
        """The host of the URL on AWS."""
        return _domain(self.id, Arn.parse(self.function.function).region)


class FunctionUrls:
    """The URLs of one account."""

    def __init__(self, account: str, endpoint: str | None) -> None:
        """Give URLs below the address of the embedded AWS, or those of AWS where it has no address."""
        self._account = account
        self._endpoint = endpoint

    def install(self, gateway: Gateway) -> None:
        """Answer the operations on function URLs instead of moto."""
        gateway.answer("lambda", "CreateFunctionUrlConfig", self._create)
        gateway.answer("lambda", "GetFunctionUrlConfig", _get)
        gateway.answer("lambda", "UpdateFunctionUrlConfig", _update)
        gateway.answer("lambda", "DeleteFunctionUrlConfig", _delete)
        gateway.check("lambda", "DeleteAlias", _forget)

    def find(self, url_id: str) -> FunctionUrl | None:
        """Return the URL with an id, or None."""
        backends = list(lambda_backends[self._account].values())
        functions = [function for backend in backends for function in backend.list_functions()]
        urls = [url for function in functions for url in list(vars(function).get(_URLS, {}).values())]
        return next((url for url in urls if url.id == url_id), None)

    def _create(self, call: Call) -> Mapping[str, Any]:
        _check_played(call)
        function = named(call)
        if not _exists(function):
            raise _missing("Function does not exist")
        known = _stored(function)
        if _key(function) in known:
            raise AwsError(
                "ResourceConflictException",
                f"Failed to create function url config for [functionArn = {function}]. Error message:  "
                "FunctionUrlConfig exists for this Lambda function",
                Type="User",
            )
        url_id = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        at = _now()
        made = known[_key(function)] = FunctionUrl(url_id, function, self._url(url_id, call.region), at, at)
        return _described(made)

    def _url(self, url_id: str, region: str) -> str:
        if self._endpoint is None:
            return f"https://{_domain(url_id, region)}/"
        return f"{self._endpoint}{PATH}/{url_id}/"


def _get(call: Call) -> Mapping[str, Any]:
    return _described(_known(call))


def _update(call: Call) -> Mapping[str, Any]:
    _check_played(call)
    known = _known(call)
    known.changed = _now()
    return _described(known)


def _delete(call: Call) -> Mapping[str, Any]:
    function = _known(call).function
    del _stored(function)[_key(function)]
    return {}


def _known(call: Call) -> FunctionUrl:
    function = named(call)
    known = _stored(function).get(_key(function)) if _exists(function) else None
    if known is None:
        raise _missing("The resource you requested does not exist.")
    return known


def _described(url: FunctionUrl) -> Mapping[str, Any]:
    return {
        "AuthType": "NONE",
        "CreationTime": url.created,
        "FunctionArn": str(url.function),
        "FunctionUrl": url.url,
        "InvokeMode": "BUFFERED",
        "LastModifiedTime": url.changed,
    }


def _check_played(call: Call) -> None:
    for name, supported in _NOT_PLAYED:
        given = call.params.get(name, supported)
        if given != supported:
            raise _invalid(f"the sandbox supports the {name} {supported} of function URLs, not {given}")
    if call.params.get("Cors"):
        raise _invalid("the sandbox does not support Cors of function URLs")


def _exists(function: FunctionName) -> bool:
    try:
        find(str(function))
    except AwsError:
        return False
    return True


def _stored(function: FunctionName) -> MutableMapping[str, FunctionUrl]:
    """Return the URLs of a function and of its aliases."""
    known: MutableMapping[str, FunctionUrl] = vars(find(function.function)).setdefault(_URLS, {})
    return known


def _forget(call: Call) -> None:
    """Delete the URL of an alias that is about to be deleted."""
    _stored(named(call)).pop(call.params["Name"], None)


def _key(function: FunctionName) -> str:
    return function.qualifier or LATEST


def _domain(url_id: str, region: str) -> str:
    return f"{url_id}.lambda-url.{region}.on.aws"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")


def _missing(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, Type="User")
