"""The function that reads parameters of Parameter Store."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.provider.core.invoke import Function

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetParametersByPath(Function):
    """aws.ssm.get_parameters_by_path. A path without any parameter gives empty lists."""

    token = "aws:ssm/getParametersByPath:getParametersByPath"
    label = "SSM Parameters"
    named_by = "path"

    def run(self, aws: Aws, args: Properties) -> Properties:
        recursive, decrypt = args.get("recursive", False), args.get("withDecryption", True)
        pages = aws.client("ssm").get_paginator("get_parameters_by_path")
        asked = {"Path": args["path"], "Recursive": recursive, "WithDecryption": decrypt}
        found = [one for page in pages.paginate(**asked) for one in page["Parameters"]]
        return {
            "arns": [one["ARN"] for one in found],
            "id": args["path"],
            "names": [one["Name"] for one in found],
            "path": args["path"],
            "recursive": recursive,
            "region": aws.region,
            "types": [one["Type"] for one in found],
            "values": [one["Value"] for one in found],
            "withDecryption": decrypt,
        }
