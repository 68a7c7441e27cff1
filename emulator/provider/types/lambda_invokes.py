"""The function that reads Lambda functions."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.function_name import LATEST
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import present
from emulator.provider.types.lambda_function import invoke_arn, latest_version

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Properties


class GetFunction(Function):
    """aws.lambda_.get_function, by name or ARN; without a qualifier it reads the latest version that is published."""

    token = "aws:lambda/getFunction:getFunction"
    label = "Lambda Function"
    named_by = "functionName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        client, name = aws.client("lambda"), args["functionName"]
        qualifier = args.get("qualifier") or _published(client, name)
        found = client.get_function(**present(FunctionName=name, Qualifier=qualifier))
        function = found["Configuration"]
        client.get_function_code_signing_config(FunctionName=name)  # the real provider makes this call
        environment = function.get("Environment", {}).get("Variables", {})
        logging = function.get("LoggingConfig", {})
        told, version = function["FunctionArn"], function["Version"]
        qualified = told if qualifier else f"{told}:{version}"
        arn = told.removesuffix(f":{qualifier}")
        return {
            "architectures": function["Architectures"],
            "arn": arn,
            "capacityProviderConfigs": [],
            "codeSha256": function["CodeSha256"],
            "codeSigningConfigArn": "",
            "deadLetterConfig": {"targetArn": ""},
            "description": function.get("Description", ""),
            "durableConfigs": [],
            "environment": {"variables": environment},
            "ephemeralStorages": [{"size": function.get("EphemeralStorage", {}).get("Size", 512)}],
            "fileSystemConfigs": [],
            "functionName": function["FunctionName"],
            "handler": function.get("Handler", ""),
            "id": function["FunctionName"],
            "imageUri": "",
            "invokeArn": invoke_arn(aws, arn),
            "kmsKeyArn": function.get("KMSKeyArn", ""),
            "lastModified": function["LastModified"],
            "layers": [],
            "loggingConfigs": [{"logFormat": "Text", "logGroup": logging.get("LogGroup", "")}],
            "memorySize": function["MemorySize"],
            "qualifiedArn": qualified,
            "qualifiedInvokeArn": invoke_arn(aws, qualified),
            **present(qualifier=args.get("qualifier")),
            "region": aws.region,
            "reservedConcurrentExecutions": found.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1),
            "responseStreamingInvokeArn": invoke_arn(aws, arn, "2021-11-15", "response-streaming-invocations"),
            "role": function["Role"],
            "runtime": function.get("Runtime", ""),
            "signingJobArn": function.get("SigningJobArn", ""),
            "signingProfileVersionArn": function.get("SigningProfileVersionArn", ""),
            "sourceCodeHash": function["CodeSha256"],
            "sourceCodeSize": function["CodeSize"],
            "sourceKmsKeyArn": "",
            "tags": found.get("Tags", {}),
            "tenancyConfigs": [],
            "timeout": function["Timeout"],
            "tracingConfig": {"mode": function.get("TracingConfig", {}).get("Mode", "PassThrough")},
            "version": version,
            "vpcConfig": {"ipv6AllowedForDualStack": False, "securityGroupIds": [], "subnetIds": [], "vpcId": ""},
        }


def _published(client: Client, name: str) -> str | None:
    """Return the newest published version of a function; None when there is none."""
    version = str(latest_version(client, name)["Version"])
    return None if version == LATEST else version
