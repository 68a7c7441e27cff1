"""Moto's services as one WSGI application."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app

from emulator.gateway.json_requests import answering_json
from emulator.gateway.rpc_v2_cbor import answering_cbor

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from moto.backends import SERVICE_NAMES

_CLOUD_CONTROL = "CloudApiService."
"""The beginning of the targets of the Cloud Control API."""


def moto_application() -> WSGIApplication:
    """Return the application; it finds the service of a request, and loads the service at its first request.

    Its CloudWatch answers Smithy RPC v2 CBOR as well, and the requests of the Cloud Control API reach the gateway.
    """
    return answering_cbor(answering_json(cast("WSGIApplication", _Services(_service))))


class _Services(DomainDispatcherApplication):
    """Finds the service of a request."""

    def get_application(self, environ: dict[str, Any]) -> Flask:
        """Return the application of a request's service."""
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(_CLOUD_CONTROL):
            return self._cloud_control
        return super().get_application(environ)

    @cached_property
    def _cloud_control(self) -> Flask:
        application = Flask("cloudcontrol")
        application.request_class = BackendRequest
        application.add_url_rule("/", methods=["POST"], view_func=convert_to_flask_response(_CloudControl.dispatch))
        return application


class _CloudControl(BaseResponse):
    """The Cloud Control API, which moto lacks: only the gateway answers its requests."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudcontrol")


def _service(name: SERVICE_NAMES) -> Flask:
    """Return the application of a service, without moto's debug mode, in which Flask makes a class for each request."""
    application = create_backend_app(name)
    application.debug = False
    return application
