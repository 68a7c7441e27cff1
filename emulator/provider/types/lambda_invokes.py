"""The function that reads Lambda functions."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function
from emulator.provider.types.lambda_function import invoke_arn, latest_version

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetFunction(Function):
    """aws.lambda_.get_function, by name or ARN, without a qualifier."""

    token = "aws:lambda/getFunction:getFunction"
    label = "Lambda Function"
    named_by = "functionName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        if "qualifier" in args:
            raise ProviderError(f"the sandbox's {self.label} has no argument 'qualifier'")
        client, name = aws.client("lambda"), args["functionName"]
        found = client.get_function(FunctionName=name)
        function, latest = found["Configuration"], latest_version(client, name)
        client.get_function_code_signing_config(FunctionName=name)  # the real provider makes this call
        environment = function.get("Environment", {}).get("Variables", {})
        logging = function.get("LoggingConfig", {})
        arn = function["FunctionArn"]
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
            "qualifiedArn": latest["FunctionArn"],
            "qualifiedInvokeArn": invoke_arn(aws, latest["FunctionArn"]),
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
            "version": latest["Version"],
            "vpcConfig": {"ipv6AllowedForDualStack": False, "securityGroupIds": [], "subnetIds": [], "vpcId": ""},
        }
