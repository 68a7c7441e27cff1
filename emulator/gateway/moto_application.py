"""Moto's services as one WSGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from emulator.gateway.rpc_v2_cbor import answering_cbor

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask
    from moto.backends import SERVICE_NAMES


def moto_application() -> WSGIApplication:
    """Return the application; it finds the service of a request, and loads the service at its first request.

    Its CloudWatch answers Smithy RPC v2 CBOR as well.
    """
    return answering_cbor(cast("WSGIApplication", DomainDispatcherApplication(_service)))


def _service(name: SERVICE_NAMES) -> Flask:
    """Return the application of a service, without moto's debug mode, in which Flask makes a class for each request."""
    application = create_backend_app(name)
    application.debug = False
    return application
